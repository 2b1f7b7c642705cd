/** The Settings tab: what people call the engine, and how long one run may take. */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { timeoutProblem, TIMEOUT_UNITS } from "@/components/engines/timeout";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { type Duration, durationMs, durationOf } from "@/components/ui/duration";
import { DurationField } from "@/components/ui/duration-field";
import { Field } from "@/components/ui/field";
import { Input, TextArea } from "@/components/ui/input";
import { toastSuccess } from "@/components/ui/toast";
import { engineQuery, updateEngine } from "@/lib/engines/query-options";
import type { EngineDto, UpdateEngine } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

const LIMITS = { name: 80, description: 2_000 } as const;

/** Of the engine that the frame above has loaded. */
export function EngineSettings({ slug }: { slug: string }) {
  const { data: engine } = useQuery(engineQuery(slug));
  return engine ? <SettingsForm key={engine.id} engine={engine} /> : null;
}

type Values = { name: string; description: string; timeout: Duration };
const valuesOf = ({ name, description, timeout_ms }: EngineDto): Values => ({
  name,
  description,
  timeout: durationOf(timeout_ms, TIMEOUT_UNITS),
});

/** What differs from the engine as it is stored. */
function changesOf(engine: EngineDto, values: Values): UpdateEngine {
  const timeoutMs = durationMs(values.timeout);
  return {
    ...(values.name.trim() === engine.name ? {} : { name: values.name.trim() }),
    ...(values.description === engine.description ? {} : { description: values.description }),
    ...(timeoutMs === engine.timeout_ms ? {} : { timeout_ms: timeoutMs }),
  };
}

function SettingsForm({ engine }: { engine: EngineDto }) {
  const refusal = useRefusal("engines:manage");
  const { slug: environment } = useEnvironment();
  const queryClient = useQueryClient();
  const [values, setValues] = useState(() => valuesOf(engine));
  const change = (part: Partial<Values>) => setValues((old) => ({ ...old, ...part }));
  const update = useMutation<EngineDto, PortalError, UpdateEngine>({
    mutationFn: (input) => updateEngine(environment, engine.slug, input),
    onSuccess: (saved) => {
      queryClient.setQueryData(engineQuery(engine.slug).queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: ["engines"] });
      setValues(valuesOf(saved));
      toastSuccess("Settings saved");
    },
  });
  const timeout = timeoutProblem(values.timeout);
  const changes = changesOf(engine, values);
  const isSame = Object.keys(changes).length === 0;
  const nameProblem = values.name.trim() === "" ? "An engine needs a name" : undefined;
  const reason = refusal ?? nameProblem ?? timeout ?? (isSame ? "Nothing has changed" : undefined);
  const refused = (path: string) => update.error?.details.find((detail) => detail.path === path)?.message;
  const locked = refusal !== undefined;
  return (
    <form
      className="flex max-w-md flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!reason && !update.isPending) update.mutate(changes);
      }}
    >
      <Field label="Name" error={nameProblem ?? refused("name")}>
        {(control) => (
          <Input
            {...control}
            value={values.name}
            maxLength={LIMITS.name}
            readOnly={locked}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <Field label="Description" optional error={refused("description")}>
        {(control) => (
          <TextArea
            {...control}
            rows={3}
            value={values.description}
            maxLength={LIMITS.description}
            readOnly={locked}
            onChange={(event) => change({ description: event.target.value })}
          />
        )}
      </Field>
      <DurationField
        label="Timeout of one run"
        hint="From 100 ms to 10 minutes. A run that takes longer fails with engine_timeout. Holds for new runs of every version."
        unitLabel="Unit of the timeout"
        units={TIMEOUT_UNITS}
        value={values.timeout}
        onChange={(part) => change({ timeout: { ...values.timeout, ...part } })}
        locked={locked}
        error={timeout ?? refused("timeout_ms")}
      />
      {update.error && update.error.details.length === 0 ? (
        <Callout tone="danger" live="alert">
          {update.error.message}
        </Callout>
      ) : null}
      <div>
        <Button type="submit" variant="primary" pending={update.isPending} disabledReason={reason}>
          Save settings
        </Button>
      </div>
    </form>
  );
}
