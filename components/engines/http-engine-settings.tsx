/** The Editor tab of an engine that is a service: where it stands, how long its callback may take, its secret, and what a call looks like. */
"use client";

import { Plus, X } from "lucide-react";
import { useState } from "react";

import type { EngineDraft } from "@/components/engines/engine-draft";
import {
  DEADLINE_UNITS,
  deadlineProblem,
  formOf,
  formText,
  headerLine,
  type HttpForm,
} from "@/components/engines/http-form";
import { HttpCallSample } from "@/components/engines/http-call-sample";
import { NewerDraft } from "@/components/engines/newer-draft";
import { SigningSecret } from "@/components/engines/signing-secret";
import { Button } from "@/components/ui/button";
import { DurationField } from "@/components/ui/duration-field";
import { Field, FieldError } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { EngineConfig } from "@/lib/engines/schema";

/** Fills the tab. `refusal`: why nothing can be changed here. */
export function HttpEngineSettings({ draft, refusal }: { draft: EngineDraft; refusal: string | undefined }) {
  const { engine } = draft;
  return (
    <>
      <NewerDraft />
      <div className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,28rem)_minmax(0,1fr)]">
        <div className="flex flex-col gap-8">
          <HttpDraftForm draft={draft} locked={refusal !== undefined} />
          <SigningSecret engine={engine} refusal={refusal} />
        </div>
        <HttpCallSample engine={engine} />
      </div>
    </>
  );
}

const formOfText = (text: string): HttpForm => formOf(JSON.parse(text) as EngineConfig);

/** The form that writes the draft's text. Where the text changes otherwise, as by taking a newer draft, the form follows. */
function useHttpForm({ text, setText }: EngineDraft) {
  const [written, setWritten] = useState(() => ({ text, form: formOfText(text) }));
  if (written.text !== text) setWritten({ text, form: formOfText(text) });
  const { form } = written;
  const change = (part: Partial<HttpForm>) => {
    const next = { ...form, ...part };
    setWritten({ text: formText(next), form: next });
    setText(formText(next));
  };
  return { form, change };
}

function HttpDraftForm({ draft, locked }: { draft: EngineDraft; locked: boolean }) {
  const { form, change } = useHttpForm(draft);
  const { validity, saveError } = draft;
  const problemAt = (path: string) => validity.problems.find((problem) => problem.path === path)?.message;
  const refused = saveError?.details.find(({ path }) => path === "config.url");
  const urlError = form.url.trim() === "" ? undefined : (problemAt("url") ?? (refused && `The URL ${refused.message}`));
  return (
    <section aria-label="Service" className="flex flex-col gap-5">
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
      <DurationField
        label="Deadline of a callback"
        hint="A service that needs longer than the engine's timeout answers 202 and calls back within this time. At most 24 hours."
        unitLabel="Unit of the deadline"
        units={DEADLINE_UNITS}
        value={form.deadline}
        onChange={(part) => change({ deadline: { ...form.deadline, ...part } })}
        locked={locked}
        error={deadlineProblem(form.deadline) ?? problemAt("callback_timeout_ms")}
      />
      <HeadersField form={form} change={change} locked={locked} problemAt={problemAt} />
    </section>
  );
}

type PartProps = { form: HttpForm; change: (part: Partial<HttpForm>) => void; locked: boolean };

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
        Sent with every call. No credentials: everybody who may change engines reads them.
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
