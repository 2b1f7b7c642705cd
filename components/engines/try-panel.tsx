/** Tries the draft on an input: the request at the left, what comes of it at the right. */
"use client";

import { Play } from "lucide-react";

import { SavedInputs } from "@/components/engines/saved-inputs";
import { TryResult } from "@/components/engines/try-result";
import { TrySources } from "@/components/engines/try-sources";
import { toRequest, type TriedInput } from "@/components/engines/tried-input";
import type { Attempt } from "@/components/engines/use-attempt";
import type { JsonShape } from "@/components/json-editor/json-shape";
import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { JsonEditor } from "@/components/ui/json-editor";
import { Kbd } from "@/components/ui/kbd";
import type { EngineDto } from "@/lib/engines/schema";

const REQUEST_SHAPE: JsonShape = { fields: { input: {}, offerings: { items: { fields: { id: {}, name: {} } } } } };

type Props = {
  engine: EngineDto;
  config: unknown;
  attempt: Attempt;
  selected: string | null;
  onSelect: (nodeId: string) => void;
};

/** Fills its place. */
export function TryPanel({ engine, config, attempt, selected, onSelect }: Props) {
  const refusal = useRefusal("engines:manage");
  const take = (value: TriedInput) => attempt.setRequest(toRequest(value));
  return (
    <div className="grid size-full min-h-0 md:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
      <div className="min-h-0 min-w-0 border-hairline max-md:h-90 max-md:border-b md:border-r">
        <JsonEditor
          label="Request"
          value={attempt.request}
          onChange={attempt.setRequest}
          schema={REQUEST_SHAPE}
          onSubmit={refusal === undefined ? attempt.run : undefined}
          minHeight={80}
          actions={
            <>
              <TrySources engine={engine} config={config} onTake={take} />
              <SavedInputs engine={engine.slug} value={attempt.value} onPick={take} refusal={refusal} />
              <Button
                size="sm"
                variant="primary"
                pending={attempt.running}
                disabledReason={refusal ?? attempt.refusal}
                onClick={attempt.run}
                aria-keyshortcuts="Meta+Enter Control+Enter"
              >
                {attempt.running ? null : <Play aria-hidden />}
                Try
              </Button>
            </>
          }
        />
      </div>
      <section aria-label="Result" aria-live="polite" className="min-h-0 min-w-0 overflow-auto max-md:min-h-40">
        {attempt.result || attempt.error ? (
          <TryResult attempt={attempt} selected={selected} onSelect={onSelect} />
        ) : (
          <p className="flex size-full flex-col items-center justify-center gap-1 px-6 py-8 text-center text-sm text-muted">
            <span className="max-w-sm text-balance">
              Runs the draft as it stands in the editor, saved or not. Nothing is recorded and nothing counts as usage.
            </span>
            <span className="flex items-center gap-1 max-md:hidden" aria-hidden>
              <Kbd>⌘</Kbd>
              <Kbd>⏎</Kbd>
            </span>
          </p>
        )}
      </section>
    </div>
  );
}
