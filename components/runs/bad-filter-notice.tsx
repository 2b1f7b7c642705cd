/** Says that the address has filters that make no sense, and that they are not applied: never silently more than was asked for. */
"use client";

import type { BadFilter } from "@/components/runs/filter-rules";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";

const MAX_SHOWN = 60;

/** Nothing while all of them are good. */
export function BadFilterNotice<Name extends string>({
  bad,
  clear,
}: {
  bad: readonly BadFilter<Name>[];
  clear: (names: readonly Name[]) => void;
}) {
  if (bad.length === 0) return null;
  return (
    <Callout tone="warning" live="alert" className="mb-3 items-start">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <ul className="min-w-0">
          {bad.map(({ name, text, rule }) => (
            <li key={name}>
              <code className="font-mono text-xs break-all">
                {name}={text.slice(0, MAX_SHOWN)}
              </code>{" "}
              is not applied: {name} {rule}.
            </li>
          ))}
        </ul>
        <Button
          size="sm"
          variant="ghost"
          className="text-warning-text"
          onClick={() => clear(bad.map(({ name }) => name))}
        >
          Remove
        </Button>
      </div>
    </Callout>
  );
}
