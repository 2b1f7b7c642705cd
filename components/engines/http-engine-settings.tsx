/** The Editor tab of an engine that is a service: where it stands, how long its callback may take, its secret, and what a call looks like. */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Plus, X } from "lucide-react";
import { useState } from "react";

import {
  configOf,
  DEADLINE_UNITS,
  deadlineProblem,
  type DeadlineUnit,
  formOf,
  headerLine,
  type HttpForm,
} from "@/components/engines/http-form";
import { HttpCallSample } from "@/components/engines/http-call-sample";
import { SigningSecret } from "@/components/engines/signing-secret";
import { useValidity } from "@/components/engines/use-validity";
import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Field, FieldError } from "@/components/ui/field";
import { Input, Select } from "@/components/ui/input";
import { toastSuccess } from "@/components/ui/toast";
import { engineDraftQuery, saveEngineDraft } from "@/lib/engines/query-options";
import type { EngineDraft, EngineDto } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

/** Fills the tab. `refusal`: why nothing can be changed here. */
export function HttpEngineSettings({ engine, refusal }: { engine: EngineDto; refusal: string | undefined }) {
  const { data: draft } = useQuery(engineDraftQuery(engine.slug));
  if (!draft) return null;
  return (
    <div className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,28rem)_minmax(0,1fr)]">
      <div className="flex flex-col gap-8">
        <HttpDraftForm key={draft.updated_at} engine={engine} draft={draft} refusal={refusal} />
        <SigningSecret engine={engine} refusal={refusal} />
      </div>
      <HttpCallSample engine={engine} />
    </div>
  );
}

type FormProps = { engine: EngineDto; draft: EngineDraft; refusal: string | undefined };

function useSave(engine: EngineDto, draft: EngineDraft) {
  const queryClient = useQueryClient();
  const { slug: environment } = useEnvironment();
  return useMutation<EngineDraft, PortalError, HttpForm>({
    mutationFn: (form) => {
      // A draft that was never put has nothing that could have been changed meanwhile.
      const expected = draft.config === null ? {} : { expected_updated_at: draft.updated_at };
      return saveEngineDraft(environment, engine.slug, { config: configOf(form), ...expected });
    },
    onSuccess: (saved) => {
      queryClient.setQueryData(engineDraftQuery(engine.slug).queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: ["engines"] });
      toastSuccess("Draft saved", "Publish it to use it in new runs");
    },
  });
}

function HttpDraftForm({ engine, draft, refusal }: FormProps) {
  const [form, setForm] = useState(() => formOf(draft.config));
  const change = (part: Partial<HttpForm>) => setForm((old) => ({ ...old, ...part }));
  const save = useSave(engine, draft);
  const text = JSON.stringify(configOf(form));
  const isSame = text === JSON.stringify(configOf(formOf(draft.config))) && draft.config !== null;
  const validity = useValidity(engine.slug, text, form.url.trim() !== "");
  const problemAt = (path: string) => validity.problems.find((problem) => problem.path === path)?.message;
  const deadline = deadlineProblem(form);
  const refused = save.error?.details.find(({ path }) => path === "config.url");
  const urlError = form.url.trim() === "" ? undefined : (problemAt("url") ?? (refused && `The URL ${refused.message}`));
  const missing = form.url.trim() === "" ? "Write the URL of the service first" : undefined;
  const reason = refusal ?? missing ?? urlError ?? deadline ?? (isSame ? "The draft is saved" : undefined);
  const locked = refusal !== undefined;
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!reason && !save.isPending) save.mutate(form);
      }}
    >
      <Field
        label="URL of the service"
        hint="Each run is sent there by POST. https:// and an address that is public, unless the operator allows others."
        error={urlError}
      >
        {(control) => (
          <Input
            {...control}
            type="url"
            inputMode="url"
            value={form.url}
            readOnly={locked}
            maxLength={2_048}
            placeholder="https://api.example.com/runs"
            className="font-mono"
            onChange={(event) => change({ url: event.target.value })}
          />
        )}
      </Field>
      <DeadlineField form={form} change={change} locked={locked} error={deadline ?? problemAt("callback_timeout_ms")} />
      <HeadersField form={form} change={change} locked={locked} problemAt={problemAt} />
      <SaveError error={save.error} slug={engine.slug} />
      <div className="flex items-center gap-3">
        <Button type="submit" variant="primary" pending={save.isPending} disabledReason={reason}>
          Save draft
        </Button>
        {isSame ? (
          <span className="flex items-center gap-1.5 text-sm text-muted">
            <Check className="size-4 text-success-text" aria-hidden /> Saved
          </span>
        ) : null}
      </div>
    </form>
  );
}

/** What a refused save says, where no field says it. */
function SaveError({ error, slug }: { error: PortalError | null; slug: string }) {
  const queryClient = useQueryClient();
  if (!error || error.code === "url_not_allowed") return null;
  const isOlder = error.code === "conflict";
  return (
    <Callout tone="danger" live="alert">
      {error.message}
      {isOlder ? (
        <Button
          size="sm"
          className="ml-2"
          onClick={() => void queryClient.invalidateQueries({ queryKey: engineDraftQuery(slug).queryKey })}
        >
          Load the newer draft
        </Button>
      ) : null}
    </Callout>
  );
}

type PartProps = { form: HttpForm; change: (part: Partial<HttpForm>) => void; locked: boolean };

function DeadlineField({ form, change, locked, error }: PartProps & { error: string | undefined }) {
  return (
    <Field
      label="Deadline of a callback"
      hint="A service that needs longer than the engine's timeout answers 202 and calls back within this time. At most 24 hours."
      error={error}
    >
      {(control) => (
        <div className="flex gap-2">
          <Input
            {...control}
            inputMode="decimal"
            value={form.amount}
            readOnly={locked}
            className="w-28 font-mono"
            onChange={(event) => change({ amount: event.target.value })}
          />
          <Select
            aria-label="Unit of the deadline"
            value={form.unit}
            disabled={locked}
            className="w-36"
            onChange={(event) => change({ unit: event.target.value as DeadlineUnit })}
          >
            {DEADLINE_UNITS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </div>
      )}
    </Field>
  );
}

function HeadersField({
  form: { headers },
  change,
  locked,
  problemAt,
}: PartProps & { problemAt: (path: string) => string | undefined }) {
  const put = (key: number, part: { name?: string; value?: string }) =>
    change({ headers: headers.map((line) => (line.key === key ? { ...line, ...part } : line)) });
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="text-sm font-medium">
        Headers <span className="ml-1 font-normal text-muted">optional</span>
      </legend>
      <p className="text-xs text-muted">
        Sent with every call. No credentials: everybody who sees the engine reads them.
      </p>
      {headers.map(({ key, name, value }, index) => {
        const problem = problemAt(`headers.${name.trim()}`);
        return (
          <div key={key} className="flex flex-col gap-1">
            <div className="flex gap-2">
              <Input
                aria-label={`Name of header ${index + 1}`}
                aria-invalid={problem ? true : undefined}
                aria-describedby={problem ? `header-${key}-problem` : undefined}
                value={name}
                readOnly={locked}
                placeholder="X-Team"
                className="w-2/5 font-mono"
                onChange={(event) => put(key, { name: event.target.value })}
              />
              <Input
                aria-label={`Value of header ${index + 1}`}
                value={value}
                readOnly={locked}
                className="min-w-0 flex-1 font-mono"
                onChange={(event) => put(key, { value: event.target.value })}
              />
              {locked ? null : (
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label={`Remove header ${index + 1}`}
                  className="self-center"
                  onClick={() => change({ headers: headers.filter((line) => line.key !== key) })}
                >
                  <X aria-hidden />
                </Button>
              )}
            </div>
            <div id={`header-${key}-problem`} aria-live="polite">
              {problem ? <FieldError>{problem}</FieldError> : null}
            </div>
          </div>
        );
      })}
      {locked ? null : (
        <div>
          <Button size="sm" onClick={() => change({ headers: [...headers, headerLine()] })}>
            <Plus aria-hidden />
            Add header
          </Button>
        </div>
      )}
    </fieldset>
  );
}
