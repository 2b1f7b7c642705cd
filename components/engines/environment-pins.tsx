/** Which version each environment runs, and pinning one to another. */
"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";

import { PinDialog } from "@/components/engines/pin-dialog";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import type { EnginePin, EnginePinList } from "@/lib/engines/pin-schema";
import type { EngineVersionDto } from "@/lib/engines/schema";

/** `versions` are those that can be chosen by number. */
export function EnvironmentPins({
  slug,
  pins,
  versions,
}: {
  slug: string;
  pins: UseQueryResult<EnginePinList>;
  versions: readonly EngineVersionDto[];
}) {
  const refusal = useRefusal("environments:manage");
  const [changing, setChanging] = useState<EnginePin | null>(null);
  return (
    <section aria-labelledby="pins" className="min-w-0">
      <h2 id="pins" className="mb-2 flex min-h-8 items-center text-base font-semibold">
        What environments run
      </h2>
      {pins.isError ? <QueryErrorView title="The pins could not be loaded" query={pins} /> : null}
      {pins.isPending ? <Skeleton className="h-24 w-full" /> : null}
      {pins.data ? (
        <ul className="divide-y divide-hairline rounded-lg border">
          {pins.data.data.map((pin) => (
            <li key={pin.environment} className="flex flex-col gap-1.5 px-3 py-2">
              <span className="flex items-center gap-2">
                <EnvironmentBadge slug={pin.environment} kind={pin.kind} />
                <span className="ml-auto font-mono text-sm">{pin.version ?? "none"}</span>
                <Button
                  size="sm"
                  aria-label={`Pin ${pin.environment}`}
                  disabledReason={refusal}
                  onClick={() => setChanging(pin)}
                >
                  Pin…
                </Button>
              </span>
              <PinWords pin={pin} />
            </li>
          ))}
        </ul>
      ) : null}
      <p className="mt-2 text-xs text-muted">
        A run that names a version itself gets that one. What a run gets is decided when it is accepted.
      </p>
      {changing ? <PinDialog slug={slug} pin={changing} versions={versions} onClose={() => setChanging(null)} /> : null}
    </section>
  );
}

function PinWords({ pin: { source, spec, version } }: { pin: EnginePin }) {
  if (version === null) {
    return (
      <Callout tone="warning">
        {source === "latest" ? "Nothing is published yet" : `There is no version ${spec}`}: its runs are refused unless
        they name a version.
      </Callout>
    );
  }
  const words = {
    latest: "Not pinned: follows the newest version",
    environment_pin: `Pinned to ${spec} for all engines`,
    engine_pin: spec === version ? "Pinned to exactly this version" : `Pinned to ${spec}: follows its minor versions`,
  } as const;
  return <span className="text-xs text-muted">{words[source]}</span>;
}
