/** What is sent: engine, version, tags, input and offerings. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";

import { readExample } from "@/components/engines/sample-input";
import { SavedInputs } from "@/components/engines/saved-inputs";
import type { TriedInput } from "@/components/engines/tried-input";
import { useRefusal } from "@/components/shell/use-environment";
import { type Draft, draftProblem, isJson, problemOf, problemsWithin, tagsProblem } from "@/components/tester/draft";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Field } from "@/components/ui/field";
import { Input, Select } from "@/components/ui/input";
import { JsonEditor } from "@/components/ui/json-editor";
import { Kbd } from "@/components/ui/kbd";
import { toastError } from "@/components/ui/toast";
import type { PortalError } from "@/lib/http/portal-client";
import { enginesQuery, engineVersionsQuery } from "@/lib/engines/query-options";

type TesterFormProps = {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
  onSend: () => void;
  pending: boolean;
  error: PortalError | null;
};

/** Controlled. ⌘⏎ or Ctrl+⏎ sends from anywhere on the page. */
export function TesterForm({ draft, onChange, onSend, pending, error }: TesterFormProps) {
  const refusal = useRefusal("runs:write");
  const reason = refusal ?? draftProblem(draft);
  const send = () => {
    if (reason === undefined) onSend();
  };
  useSendKey(send);
  return (
    <form
      className="flex min-w-0 flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="grid gap-4 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <EngineField draft={draft} onChange={onChange} error={problemOf(error?.details ?? [], "engine")} />
        <VersionField draft={draft} onChange={onChange} error={problemOf(error?.details ?? [], "engine_version")} />
      </div>
      <InputEditors draft={draft} onChange={onChange} onSend={send} error={error} />
      <Field
        label="Tags"
        optional
        hint="By which the run is found again, such as customer:42; with spaces between them"
        error={tagsProblem(draft.tags) ?? problemOf(error?.details ?? [], "tags")}
      >
        {(control) => (
          <Input
            {...control}
            value={draft.tags}
            onChange={(event) => onChange({ tags: event.target.value })}
            className="font-mono text-xs"
          />
        )}
      </Field>
      {error ? <SendError error={error} /> : null}
      <div className="flex items-center gap-3">
        <Button type="submit" variant="primary" size="lg" pending={pending} disabledReason={reason}>
          Run
        </Button>
        <span className="flex items-center gap-1 text-xs text-muted" aria-hidden>
          <Kbd>⌘</Kbd>
          <Kbd>⏎</Kbd>
        </span>
        {refusal === undefined ? null : <span className="text-xs text-muted">{refusal}</span>}
      </div>
    </form>
  );
}

// The editors hand the key over themselves.
function useSendKey(send: () => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey) || event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.closest("[role=dialog], [role=menu]")) return;
    event.preventDefault();
    send();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

function SendError({ error }: { error: PortalError }) {
  return (
    <Callout tone="danger" live="alert">
      <p>{error.message}</p>
      {error.requestId ? (
        <p className="mt-0.5 text-xs">
          {error.code} · request <span className="font-mono select-all">{error.requestId}</span>
        </p>
      ) : null}
    </Callout>
  );
}

type PartProps = Pick<TesterFormProps, "draft" | "onChange"> & { error: string | undefined };

function EngineField({ draft, onChange, error }: PartProps) {
  const { data } = useQuery(enginesQuery());
  const engines = data?.data ?? [];
  return (
    <Field label="Engine" error={error} hint={engines.length === 0 ? "There are no engines yet" : undefined}>
      {(control) => (
        <Select
          {...control}
          value={draft.engine}
          onChange={(event) => onChange({ engine: event.target.value, version: null })}
        >
          {engines.map(({ slug, name, latest_version }) => (
            <option key={slug} value={slug}>
              {name === slug ? slug : `${name} · ${slug}`}
              {latest_version === null ? " (not published)" : ""}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function VersionField({ draft, onChange, error }: PartProps) {
  const { data } = useQuery({ ...engineVersionsQuery(draft.engine), enabled: draft.engine !== "" });
  const exact = data?.data.map(({ version }) => version) ?? [];
  const majors = [...new Set(exact.map((version) => `${version.split(".")[0]}.x`))];
  const known = new Set([...exact, ...majors]);
  return (
    <Field label="Version" error={error}>
      {(control) => (
        <Select
          {...control}
          value={draft.version ?? ""}
          onChange={(event) => onChange({ version: event.target.value === "" ? null : event.target.value })}
        >
          <option value="">Pinned, else latest</option>
          {draft.version !== null && !known.has(draft.version) ? (
            <option value={draft.version}>{draft.version}</option>
          ) : null}
          {majors.map((version) => (
            <option key={version} value={version}>
              {version}: newest of major {version.slice(0, -2)}
            </option>
          ))}
          {exact.map((version) => (
            <option key={version} value={version}>
              {version}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

type EditorsProps = Pick<TesterFormProps, "draft" | "onChange" | "onSend" | "error">;

function InputEditors({ draft, onChange, onSend, error }: EditorsProps) {
  const refusal = useRefusal("runs:write");
  const details = error?.details ?? [];
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center justify-end gap-2">
        <ExampleButton engine={draft.engine} onPick={onChange} />
        {draft.engine === "" ? null : (
          <SavedInputs engine={draft.engine} value={valueOf(draft)} onPick={onChange} refusal={refusal} />
        )}
      </div>
      <div className="h-80 overflow-hidden rounded-md border max-sm:h-64">
        <JsonEditor
          label="Input"
          value={draft.input}
          onChange={(input) => onChange({ input })}
          onSubmit={onSend}
          problems={problemsWithin(details, "input")}
        />
      </div>
      {draft.offerings === null ? (
        <Button size="sm" variant="ghost" className="self-start" onClick={() => onChange({ offerings: "[\n  \n]" })}>
          <Plus aria-hidden />
          Add offerings
        </Button>
      ) : (
        <div className="h-64 overflow-hidden rounded-md border">
          <JsonEditor
            label="Offerings"
            value={draft.offerings}
            onChange={(offerings) => onChange({ offerings })}
            onSubmit={onSend}
            problems={problemsWithin(details, "offerings")}
            actions={
              <Button
                size="iconSm"
                variant="ghost"
                aria-label="Send no offerings"
                onClick={() => onChange({ offerings: null })}
              >
                <X aria-hidden />
              </Button>
            }
          />
        </div>
      )}
    </div>
  );
}

function valueOf({ input, offerings }: Draft): TriedInput | null {
  return isJson(input) && (offerings === null || isJson(offerings, Array.isArray)) ? { input, offerings } : null;
}

/** The engines of a new organization have examples, which are served under their slugs. */
const EXAMPLES: ReadonlySet<string> = new Set(["loan-placement", "company-check"]);

function ExampleButton({ engine, onPick }: { engine: string; onPick: (value: TriedInput) => void }) {
  const [pending, setPending] = useState(false);
  if (!EXAMPLES.has(engine)) return null;
  const load = async () => {
    setPending(true);
    try {
      onPick(await readExample(engine));
    } catch (error) {
      toastError("The example could not be loaded", error);
    }
    setPending(false);
  };
  return (
    <Button size="sm" pending={pending} onClick={() => void load()}>
      Load example
    </Button>
  );
}
