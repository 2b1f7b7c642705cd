/** The organization's own limit of one environment: told, and changed in its place. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";

import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { FieldError } from "@/components/ui/field";
import { formatCount } from "@/components/ui/format-number";
import { Input } from "@/components/ui/input";
import { toastSuccess } from "@/components/ui/toast";
import type { PortalError } from "@/lib/http/portal-client";
import { MAX_CONCURRENCY } from "@/lib/limits/concurrency";
import { setConcurrency } from "@/lib/limits/query-options";
import type { EnvironmentLimits } from "@/lib/limits/schema";

// Where the one takes the other's place, the focus goes with it.
const focus = (element: HTMLElement | null) => element?.focus();

/** Text and a button, or the form. */
export function ConcurrencyLimit({ of }: { of: EnvironmentLimits }) {
  const [state, setState] = useState<"told" | "editing" | "edited">("told");
  const refusal = useRefusal("environments:manage");
  if (state === "editing" && refusal === undefined) return <LimitForm of={of} onDone={() => setState("edited")} />;
  const { limit } = of.concurrency;
  return (
    <div className="flex min-h-8 items-center justify-between gap-2 text-sm">
      <span className={limit === null ? "text-muted" : "tabular-nums"}>
        <span className="text-muted sm:hidden">Your limit: </span>
        {limit === null ? "None" : `${formatCount(limit)} at once`}
      </span>
      <Button
        size="sm"
        ref={state === "edited" ? focus : undefined}
        disabledReason={refusal}
        onClick={() => setState("editing")}
        aria-label={`Change the limit of ${of.environment}`}
      >
        Change
      </Button>
    </div>
  );
}

type Draft = { ok: true; limit: number | null } | { ok: false; problem: string };

function read(text: string, ceiling: number | null): Draft {
  if (text.trim() === "") return { ok: true, limit: null };
  const limit = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0;
  const most = ceiling ?? MAX_CONCURRENCY;
  if (limit >= 1 && limit <= most) return { ok: true, limit };
  return { ok: false, problem: `A whole number from 1 to ${formatCount(most)}, or nothing for no limit` };
}

function LimitForm({ of, onDone }: { of: EnvironmentLimits; onDone: () => void }) {
  const { environment, concurrency } = of;
  const { slug: shown } = useEnvironment();
  const noteId = useId();
  const queryClient = useQueryClient();
  const [text, setText] = useState(concurrency.limit?.toString() ?? "");
  const [problem, setProblem] = useState<string>();
  const saving = useMutation<EnvironmentLimits, PortalError, number | null>({
    mutationFn: (limit) => setConcurrency(shown, environment, limit),
    onSuccess: async (saved) => {
      await queryClient.invalidateQueries({ queryKey: ["limits"] });
      const { limit } = saved.concurrency;
      toastSuccess(
        limit === null ? `${environment}: no limit` : `${environment}: at most ${formatCount(limit)} runs at once`,
      );
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const draft = read(text, concurrency.ceiling);
    setProblem(draft.ok ? undefined : draft.problem);
    if (draft.ok) saving.mutate(draft.limit);
  };
  const error = problem ?? saving.error?.message;
  return (
    <form onSubmit={submit}>
      <div className="flex items-center gap-2">
        <Input
          ref={focus}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => (event.key === "Escape" ? onDone() : undefined)}
          inputMode="numeric"
          placeholder="No limit"
          aria-label={`Runs at once in ${environment}`}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? noteId : undefined}
          className="h-8 min-w-0 flex-1"
        />
        <Button type="submit" variant="primary" pending={saving.isPending}>
          Save
        </Button>
        <Button variant="ghost" onClick={onDone}>
          Cancel
        </Button>
      </div>
      <div id={noteId} aria-live="polite" className={error ? "mt-1" : "hidden"}>
        {error ? <FieldError>{error}</FieldError> : null}
      </div>
    </form>
  );
}
