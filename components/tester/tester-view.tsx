/** The run tester: a run is composed at the left, sent as often as one likes, and followed at the right. */
"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { ChevronLeft } from "lucide-react";
import Link from "next/link";
import { useRef, useState } from "react";

import { fromWire } from "@/components/engines/tried-input";
import { formatJson } from "@/components/json-editor/json-format";
import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { type Draft, EMPTY_INPUT, toComposedRun } from "@/components/tester/draft";
import { SentRuns } from "@/components/tester/sent-runs";
import { TesterForm } from "@/components/tester/tester-form";
import { Callout } from "@/components/ui/callout";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { PortalError } from "@/lib/http/portal-client";
import { enginesQuery } from "@/lib/engines/query-options";
import { runInputQuery, runQuery, sendRun } from "@/lib/runs/query-options";
import type { RunDetailDto, RunInputDto } from "@/lib/runs/schema";

/** What the page's address asks for. */
export type TesterParams = { engine: string | null; version: string | null; from: string | null };

/** The whole page. */
export function TesterView(params: TesterParams) {
  const mayWrite = useCan("runs:write");
  const { href } = useEnvironment();
  return (
    <>
      <Link
        href={href("/runs")}
        className="mb-2 -ml-1 inline-flex items-center gap-0.5 rounded-sm text-sm text-muted hover:text-ink"
      >
        <ChevronLeft className="size-4" aria-hidden />
        Runs
      </Link>
      <PageHeader title="New run" note="Sends a real run: it is executed, kept and counted like every other." />
      {mayWrite ? <StartedTester {...params} /> : <NoPermission permission="runs:write" what="the run tester" />}
    </>
  );
}

/** Reads what the draft begins with. */
function StartedTester({ engine, version, from }: TesterParams) {
  const engines = useQuery(enginesQuery());
  const seesPayloads = useCan("payloads:read");
  const source = useQuery({ ...runQuery(from ?? ""), enabled: from !== null });
  const given = useQuery({ ...runInputQuery(from ?? ""), enabled: from !== null && seesPayloads });
  if (engines.isError) return <QueryErrorView title="The engines could not be loaded" query={engines} />;
  if (engines.isPending || (from !== null && (source.isPending || given.isLoading))) return <TesterSkeleton />;
  const slugs = engines.data.data.map(({ slug }) => slug);
  const named = engine !== null && slugs.includes(engine) ? engine : (slugs[0] ?? "");
  const initial = source.data
    ? draftOfRun(source.data, given.data)
    : { engine: named, version, input: EMPTY_INPUT, offerings: null, tags: "" };
  return (
    <>
      <SourceNotice from={from} isThere={given.data !== undefined} error={source.error ?? failureOf(given.error)} />
      {engine !== null && !slugs.includes(engine) ? (
        <Callout tone="warning" live="alert" className="mb-4">
          There is no engine <code className="font-mono text-xs break-all">{engine.slice(0, 64)}</code>.
        </Callout>
      ) : null}
      <Tester key={from ?? "new"} initial={initial} />
    </>
  );
}

/** What programs send is often one long line, so that it is laid out anew. */
function draftOfRun({ engine, engine_version, tags = [] }: RunDetailDto, given: RunInputDto | undefined): Draft {
  const { input, offerings } = given ? fromWire(given) : { input: EMPTY_INPUT, offerings: null };
  return {
    engine,
    version: engine_version,
    input: given ? formatJson(input) : input,
    offerings: offerings === null ? null : formatJson(offerings),
    tags: tags.join(" "),
  };
}

/** That an input is not kept any more is no failure. */
const failureOf = (error: Error | null) => (error instanceof PortalError && error.status === 404 ? null : error);

type SourceProps = { from: string | null; isThere: boolean; error: Error | null };

function SourceNotice({ from, isThere, error }: SourceProps) {
  if (from === null || isThere) return null;
  return (
    <Callout tone="warning" live="alert" className="mb-4">
      {error
        ? `The run to start from could not be read: ${error.message}.`
        : "The input of the run to start from cannot be seen: it is kept no longer, or needs the permission payloads:read."}
    </Callout>
  );
}

function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Attempt = { text: string; key: string };

function Tester({ initial }: { initial: Draft }) {
  const { slug } = useEnvironment();
  const [draft, setDraft] = useState(initial);
  const [sent, setSent] = useState<readonly string[]>([]);
  // What was sent and not answered goes out again under its own key, so that an answer that was lost makes no second run.
  const attempt = useRef<Attempt>({ text: "", key: "" });
  const send = useMutation<{ run_id: string }, PortalError>({
    mutationFn: () => {
      const run = toComposedRun(draft);
      const text = JSON.stringify([slug, run]);
      if (attempt.current.text !== text) attempt.current = { text, key: newKey() };
      return sendRun(slug, run, attempt.current.key);
    },
    onSuccess: ({ run_id }) => {
      attempt.current = { text: "", key: "" };
      setSent((runs) => (runs.includes(run_id) ? runs : [run_id, ...runs]));
    },
  });
  const change = (part: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...part }));
    if (send.isError) send.reset();
  };
  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <TesterForm
        draft={draft}
        onChange={change}
        onSend={() => (send.isPending ? undefined : send.mutate())}
        pending={send.isPending}
        error={send.error}
      />
      <SentRuns ids={sent} />
    </div>
  );
}

function TesterSkeleton() {
  return (
    <div
      aria-busy
      aria-label="Loading the run tester"
      className="grid gap-6 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
    >
      <div className="flex flex-col gap-4">
        <Skeleton className="h-9 w-full" />
        <Skeleton className="h-72 w-full" />
      </div>
      <Skeleton className="h-40 w-full" />
    </div>
  );
}
