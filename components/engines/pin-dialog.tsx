/** Pins one environment to a version of one engine, or takes the pin away. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { environmentName } from "@/components/shell/environment-mark";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/input";
import { toastSuccess } from "@/components/ui/toast";
import type { EnginePin } from "@/lib/engines/pin-schema";
import type { EngineVersionDto } from "@/lib/engines/schema";
import { pinEngine } from "@/lib/engines/version-query-options";
import type { EnvironmentDto } from "@/lib/environments/schema";
import type { PortalError } from "@/lib/http/portal-client";

const NONE = "none";

type Props = { slug: string; pin: EnginePin; versions: readonly EngineVersionDto[]; onClose: () => void };

/** Mount it per environment, so that each begins with its own pin. */
export function PinDialog({ slug, pin, versions, onClose }: Props) {
  const queryClient = useQueryClient();
  const own = pin.source === "engine_pin" ? pin.spec : NONE;
  const [choice, setChoice] = useState(own);
  const change = useMutation<EnvironmentDto, PortalError>({
    mutationFn: () => pinEngine(pin.environment, slug, choice === NONE ? null : choice),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["engine", slug, "pins"] });
      void queryClient.invalidateQueries({ queryKey: ["environments"] });
      toastSuccess(choice === NONE ? `${name} is not pinned to ${slug} any more` : `${name} runs ${slug} ${choice}`);
      onClose();
    },
  });
  const name = environmentName(pin.environment, pin.kind);
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Pin ${name}`}
        description={`Which version of ${slug} its runs get from now on. Runs that are accepted already keep theirs.`}
      >
        <DialogBody>
          <Field
            label="Version"
            hint={pin.kind === "live" ? "This is live: its callers get the other version at once." : undefined}
          >
            {(control) => (
              <Select {...control} value={choice} onChange={(event) => setChoice(event.target.value)}>
                <option value={NONE}>
                  {pin.source === "environment_pin"
                    ? `As all engines: ${pin.spec}`
                    : "Not pinned: the newest, or what holds for all engines"}
                </option>
                <optgroup label="Follow minor versions">
                  {majorsOf(versions, own).map((spec) => (
                    <option key={spec} value={spec}>
                      {spec}
                    </option>
                  ))}
                </optgroup>
                <optgroup label="Exactly">
                  {exactOf(versions, own).map((version) => (
                    <option key={version} value={version}>
                      {version}
                    </option>
                  ))}
                </optgroup>
              </Select>
            )}
          </Field>
          {change.error ? (
            <Callout tone="danger" live="alert">
              {change.error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Cancel</Button>
          </DialogClose>
          <Button
            variant="primary"
            size="lg"
            pending={change.isPending}
            disabledReason={choice === own ? "This is what it has" : undefined}
            onClick={() => change.mutate()}
          >
            {choice === NONE ? "Take the pin away" : `Pin to ${choice}`}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

/** What is chosen now is among the choices, listed or not. */
function majorsOf(versions: readonly EngineVersionDto[], own: string): string[] {
  const majors = versions.map(({ version }) => `${version.split(".")[0]}.x`);
  return [...new Set(own.endsWith(".x") ? [...majors, own] : majors)];
}

function exactOf(versions: readonly EngineVersionDto[], own: string): string[] {
  const all = versions.map(({ version }) => version);
  return [...new Set(own === NONE || own.endsWith(".x") ? all : [...all, own])];
}
