/** The search box above the runs: an id or a part of one, a tag, or a value of a payload. */
"use client";

import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { useId, useState } from "react";

import { setFind, useFind } from "@/components/runs/find-in-hash";
import type { RunFilterState } from "@/components/runs/run-filters";
import { RUN_ID } from "@/components/runs/run-id";
import { useEnvironment, usePermissionRefusal } from "@/components/shell/use-environment";
import { cn } from "@/components/ui/cn";
import { FieldError } from "@/components/ui/field";
import { parseIdEnds } from "@/lib/runs/id-ends";
import { TAG_PATTERN } from "@/lib/runs/tags";
import { isValueQuery, parseValueQuery } from "@/lib/runs/value-query";

/** What a text is searched as. So few digits could be the beginning of any id; they are a tag. */
const MIN_ID_DIGITS = 8;

type Meaning =
  | { kind: "id"; id: string }
  | { kind: "part of an id"; text: string }
  | { kind: "tag"; tag: string }
  | { kind: "value"; query: string }
  | { kind: "nothing"; problem: string };

function meaningOf(given: string): Meaning {
  const text = given.trim();
  const id = text.toLowerCase();
  if (RUN_ID.test(id)) return { kind: "id", id };
  if (isValueQuery(text)) {
    const { problem } = parseValueQuery(text);
    return problem === undefined
      ? { kind: "value", query: text }
      : { kind: "nothing", problem: `The search ${problem}` };
  }
  const ends = parseIdEnds(text);
  if (ends && (ends.tail !== "" || ends.head.length >= MIN_ID_DIGITS)) return { kind: "part of an id", text: id };
  if (TAG_PATTERN.test(text)) return { kind: "tag", tag: text };
  return { kind: "nothing", problem: "This is no run id, no tag, and no value such as input.country:DE" };
}

/** Enter searches; what cannot be searched for is told at once. */
export function RunSearch({
  filters,
  change,
  className,
}: Pick<RunFilterState, "filters" | "change"> & { className?: string }) {
  const router = useRouter();
  const { href } = useEnvironment();
  const find = useFind();
  const unseen = usePermissionRefusal("payloads:read");
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const noteId = useId();
  const search = () => {
    const meaning = meaningOf(text);
    const refused = meaning.kind === "value" && unseen !== undefined ? unseen : null;
    if (meaning.kind === "nothing" || refused !== null) {
      return setProblem(meaning.kind === "nothing" ? meaning.problem : refused);
    }
    setText("");
    if (meaning.kind === "id") return router.push(href(`/runs/${meaning.id}`));
    if (meaning.kind === "tag") return change({ tag: meaning.tag });
    // A search by value does not look at ids: the one takes the place of the other.
    if (meaning.kind === "part of an id") {
      if (find !== null) setFind(null);
      return change({ id: meaning.text });
    }
    if (filters.id !== null) change({ id: null });
    setFind(meaning.query);
  };
  return (
    <search className={cn("group relative", className)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") search();
        }}
      >
        <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-icon" aria-hidden />
        <input
          type="search"
          aria-label="Run id, tag or value"
          aria-describedby={noteId}
          aria-invalid={problem === null ? undefined : true}
          placeholder="Run id, tag, input.field:value"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setProblem(null);
          }}
          className="h-8 w-full rounded-md border border-control bg-canvas pr-2 pl-8 font-mono text-xs placeholder:font-sans placeholder:text-sm focus-visible:outline-offset-0 aria-invalid:border-danger-solid max-sm:text-lg"
        />
      </form>
      <div
        id={noteId}
        className={cn(
          "floating absolute top-full right-0 z-10 mt-1 w-80 max-w-[calc(100vw-32px)] rounded-md px-3 py-2.5",
          problem === null && "hidden group-focus-within:block",
        )}
      >
        <div role="alert">{problem === null ? null : <FieldError>{problem}</FieldError>}</div>
        {problem === null ? <SearchHint /> : null}
      </div>
    </search>
  );
}

const EXAMPLES = [
  ["0197…a3f2", "a run id, whole or in part"],
  ["customer:42", "a tag"],
  ["input.country:DE", "a value, in the last 7 days"],
  ["input.name:Ac*", "its beginning"],
] as const;

function SearchHint() {
  return (
    <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-3 gap-y-1 text-xs">
      {EXAMPLES.map(([text, meaning]) => (
        <div key={text} className="contents">
          <dt className="font-mono text-soft">{text}</dt>
          <dd className="text-muted">{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
