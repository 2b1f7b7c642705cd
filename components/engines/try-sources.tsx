/** Where a request to try can come from: the example, the last run, the schema of the input. */
"use client";

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";

import { exampleFor, readExample, sampleRequest } from "@/components/engines/sample-input";
import { fromValues, fromWire, type TriedInput } from "@/components/engines/tried-input";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/components/ui/menu";
import { showToast, toastError } from "@/components/ui/toast";
import type { EngineDto } from "@/lib/engines/schema";
import { portalFetch, PortalError, portalUrl } from "@/lib/http/portal-client";
import { runInputQuery } from "@/lib/runs/query-options";
import type { RunPage } from "@/lib/runs/schema";

/** What the newest run of the engine in this environment was given; null where there is none, or where its payload is not kept any more. */
async function lastInput(queryClient: QueryClient, environment: string, engine: string): Promise<TriedInput | null> {
  const { data } = await portalFetch<RunPage>(portalUrl("/api/runs", { environment, engine, limit: 1 }));
  const [newest] = data;
  if (!newest) return null;
  try {
    return fromWire(await queryClient.fetchQuery(runInputQuery(newest.run_id)));
  } catch (error) {
    if (error instanceof PortalError && error.status === 404) return null;
    throw error;
  }
}

/** A menu; `onTake` gets what to try. */
export function TrySources({
  engine,
  config,
  onTake,
}: {
  engine: EngineDto;
  config: unknown;
  onTake: (tried: TriedInput) => void;
}) {
  const { slug: environment } = useEnvironment();
  const queryClient = useQueryClient();
  const [seesRuns, seesPayloads] = [useCan("runs:read"), useCan("payloads:read")];
  const example = exampleFor(engine.type);
  const load = useMutation({
    mutationFn: (read: () => Promise<TriedInput | null>) => read(),
    onSuccess: (tried) => {
      if (tried) onTake(tried);
      else showToast({ tone: "danger", title: "There is no run to take an input from", detail: `In ${environment}` });
    },
    onError: (error) => toastError("The input could not be loaded", error),
  });
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button size="sm" variant="ghost" pending={load.isPending}>
          Fill
          <ChevronDown aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        <MenuItem onSelect={() => onTake(fromValues(sampleRequest(engine.type, config)))}>
          By the schema of the input
        </MenuItem>
        {example ? (
          <MenuItem onSelect={() => load.mutate(() => readExample(example))}>From the example {example}</MenuItem>
        ) : null}
        {seesRuns && seesPayloads ? (
          <MenuItem onSelect={() => load.mutate(() => lastInput(queryClient, environment, engine.slug))}>
            From the last run in {environment === "all" ? "any environment" : environment}
          </MenuItem>
        ) : null}
      </MenuContent>
    </Menu>
  );
}
