/** Where a request to try can come from: the example, the last run, the schema of the input. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";

import { exampleFor, sampleRequest } from "@/components/engines/sample-input";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/components/ui/menu";
import { showToast, toastError } from "@/components/ui/toast";
import type { EngineDto } from "@/lib/engines/schema";
import { portalFetch, portalUrl } from "@/lib/http/portal-client";
import type { RunDetailDto, RunPage } from "@/lib/runs/schema";

type Request = { input: unknown; offerings?: unknown };

/** What the newest run of the engine in this environment was given; null where there is none, or where its payload is not kept any more. */
async function lastRequest(environment: string, engine: string): Promise<Request | null> {
  const { data } = await portalFetch<RunPage>(portalUrl("/api/runs", { environment, engine, limit: 1 }));
  const [newest] = data;
  if (!newest) return null;
  const run = await portalFetch<RunDetailDto>(`/api/runs/${newest.run_id}`);
  if (run.input === undefined) return null;
  return run.offerings === undefined ? { input: run.input } : { input: run.input, offerings: run.offerings };
}

/** A menu; `onTake` gets the request. */
export function TrySources({
  engine,
  config,
  onTake,
}: {
  engine: EngineDto;
  config: unknown;
  onTake: (request: object) => void;
}) {
  const { slug: environment } = useEnvironment();
  const [seesRuns, seesPayloads] = [useCan("runs:read"), useCan("payloads:read")];
  const example = exampleFor(engine.type);
  const load = useMutation({
    mutationFn: (read: () => Promise<Request | null>) => read(),
    onSuccess: (request) => {
      if (request) onTake(request);
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
        <MenuItem onSelect={() => onTake(sampleRequest(engine.type, config))}>By the schema of the input</MenuItem>
        {example ? (
          <MenuItem onSelect={() => load.mutate(() => portalFetch<Request>(`/examples/${example}.json`))}>
            From the example {example}
          </MenuItem>
        ) : null}
        {seesRuns && seesPayloads ? (
          <MenuItem onSelect={() => load.mutate(() => lastRequest(environment, engine.slug))}>
            From the last run in {environment === "all" ? "any environment" : environment}
          </MenuItem>
        ) : null}
      </MenuContent>
    </Menu>
  );
}
