/** The problems of the draft, each a button that leads to its place. */
"use client";

import { Check, CircleAlert, LoaderCircle, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import type { PlacedProblem } from "@/components/engines/draft-places";
import type { EngineDraft } from "@/components/engines/engine-draft";
import { lineOf, readJson } from "@/components/json-editor/json-text";
import { Button } from "@/components/ui/button";

type Props = {
  draft: EngineDraft;
  problems: readonly PlacedProblem[];
  /** What the last try failed at. */
  failures: readonly PlacedProblem[];
  onChoose: (problem: PlacedProblem) => void;
};

/** Fills its place. */
export function ProblemList({ draft, problems, failures, onChoose }: Props) {
  if (!draft.content.ok) return <NotJson text={draft.text} reason={draft.content.reason} />;
  const { state, error, check } = draft.validity;
  return (
    <div className="py-1">
      {state === "failed" ? (
        <Note icon={<CircleAlert className="text-danger-text" aria-hidden />}>
          The draft could not be checked: {error?.message}{" "}
          <Button size="sm" onClick={check} className="ml-2">
            Try again
          </Button>
        </Note>
      ) : null}
      {state === "checking" && problems.length === 0 ? (
        <Note icon={<LoaderCircle className="animate-spin" aria-hidden />}>Checking…</Note>
      ) : null}
      {state === "unknown" ? <Note>Whether it can be published is checked for those who may change it.</Note> : null}
      {state === "valid" ? (
        <Note icon={<Check className="text-success-text" aria-hidden />}>
          No problems: this draft can be published.
        </Note>
      ) : null}
      <ul aria-label="Problems" className="flex flex-col">
        {problems.map((problem) => (
          <ProblemItem key={`${problem.path} ${problem.message}`} problem={problem} onChoose={onChoose} />
        ))}
        {failures.map((problem) => (
          <ProblemItem key={`try ${problem.path} ${problem.message}`} problem={problem} onChoose={onChoose} isFailure />
        ))}
      </ul>
    </div>
  );
}

function ProblemItem({
  problem,
  onChoose,
  isFailure = false,
}: {
  problem: PlacedProblem;
  onChoose: (problem: PlacedProblem) => void;
  isFailure?: boolean;
}) {
  const { path, message } = problem;
  return (
    <li>
      <button
        type="button"
        onClick={() => onChoose(problem)}
        className="flex w-full items-start gap-2 px-3 py-1.5 text-left text-sm -outline-offset-2 hover:bg-hover"
      >
        {isFailure ? (
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warning-text" aria-hidden />
        ) : (
          <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger-text" aria-hidden />
        )}
        <span className="min-w-0 flex-1 break-words">
          {isFailure ? <span className="text-muted">At the last try: </span> : null}
          {message}
        </span>
        <code className="max-w-[45%] shrink-0 truncate font-mono text-xs leading-5 text-muted" title={path}>
          {path || "config"}
        </code>
      </button>
    </li>
  );
}

function NotJson({ text, reason }: { text: string; reason: string }) {
  const read = readJson(text);
  return (
    <div className="py-1">
      <Note icon={<CircleAlert className="text-danger-text" aria-hidden />}>
        {read.ok ? `${reason}.` : `Line ${lineOf(text, read.problem.offset)}: ${read.problem.message}.`}
      </Note>
    </div>
  );
}

function Note({ icon, children }: { icon?: ReactNode; children: ReactNode }) {
  return (
    <output className="flex items-center gap-2 px-3 py-1.5 text-sm text-muted [&_svg]:size-4 [&_svg]:shrink-0">
      {icon}
      <span className="min-w-0">{children}</span>
    </output>
  );
}
