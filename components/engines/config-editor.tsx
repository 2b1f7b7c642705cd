/** The text of the draft, with its problems at their places. */
"use client";

import { useMemo } from "react";

import { CONFIG_SHAPE } from "@/components/engines/config-shape";
import type { PlacedProblem } from "@/components/engines/draft-places";
import type { EngineDraft } from "@/components/engines/engine-draft";
import type { Place } from "@/components/engines/engine-editor";
import { Button } from "@/components/ui/button";
import { formatCount } from "@/components/ui/format-number";
import { JsonEditor, type JsonProblem } from "@/components/ui/json-editor";

type Props = {
  draft: EngineDraft;
  readOnly: boolean;
  problems: readonly PlacedProblem[];
  failures: readonly PlacedProblem[];
  place: Place;
  onSubmit: (() => void) | undefined;
};

/** Fills its place. */
export function ConfigEditor({ draft, readOnly, problems, failures, place, onSubmit }: Props) {
  const marks = useMemo<JsonProblem[]>(
    () => [
      ...problems.map(({ path, message }) => ({ path, message, severity: "error" as const })),
      ...failures.map(({ path, message }) => ({ path, message, severity: "warning" as const })),
    ],
    [problems, failures],
  );
  return (
    <div className="overflow-hidden rounded-lg border max-md:h-105 md:h-full">
      <JsonEditor
        label="Draft"
        value={draft.text}
        onChange={draft.setText}
        problems={marks}
        schema={CONFIG_SHAPE}
        readOnly={readOnly}
        minHeight={120}
        reveal={place.reveal}
        onCursorPath={place.followCursor}
        onSubmit={onSubmit}
        beside={<Jumps draft={draft} place={place} />}
      />
    </div>
  );
}

const PARTS = ["nodes", "edges", "offerings"] as const;

/** To the lists of the config, with how long each is. */
function Jumps({ draft: { content }, place }: { draft: EngineDraft; place: Place }) {
  if (!content.ok) return null;
  return PARTS.map((part) => {
    const list = content.config[part];
    if (!Array.isArray(list)) return null;
    return (
      <Button
        key={part}
        size="sm"
        variant="ghost"
        className="px-1.5 font-normal text-muted max-sm:hidden"
        onClick={() => place.goTo({ path: part, message: "", nodeId: null })}
      >
        <span className="sr-only">Go to </span>
        {part} <span className="font-mono tabular-nums">{formatCount(list.length)}</span>
      </Button>
    );
  });
}
