/** What the server says of the text: asked by itself after a pause, and when the person asks. */
"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { useCan } from "@/components/shell/session-context";
import { configValidityQuery } from "@/lib/engines/query-options";
import type { ConfigProblem } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

const PAUSE_MS = 600;
const NONE: readonly ConfigProblem[] = [];

export type Validity = {
  /** `unknown`: nobody asked, because the text is no JSON or the person may not. */
  state: "unknown" | "checking" | "valid" | "invalid" | "failed";
  /** Of the last text that was checked. */
  problems: readonly ConfigProblem[];
  error: PortalError | null;
  /** Asks at once. */
  check: () => void;
};

/** Follows a text; `isConfig` says whether it holds a JSON object that can be checked. */
export function useValidity(slug: string, text: string, isConfig: boolean): Validity {
  const mayAsk = useCan("engines:manage");
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const isCurrent = asked === text;
  const query = useQuery({
    ...configValidityQuery(slug, asked),
    enabled: mayAsk && isConfig && isCurrent,
    placeholderData: keepPreviousData,
  });
  const check = () => {
    if (isCurrent) void query.refetch();
    else setAsked(text);
  };
  const answer = query.data;
  const settled = isCurrent && !query.isPlaceholderData && !query.isFetching;
  const state =
    !mayAsk || !isConfig
      ? "unknown"
      : query.isError && settled
        ? "failed"
        : !settled || !answer
          ? "checking"
          : answer.valid
            ? "valid"
            : "invalid";
  return {
    state,
    problems: isConfig ? (answer?.problems ?? NONE) : NONE,
    error: query.error as PortalError | null,
    check,
  };
}
