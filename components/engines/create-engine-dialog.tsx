/** Makes an engine: slug checked while it is typed, name, type, and what its draft starts from. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { NewSecretDialog } from "@/components/engines/signing-secret";
import { ENGINE_TYPE_NAMES, ENGINE_TYPES, type EngineType } from "@/components/engines/engine-types";
import { slugOfName } from "@/components/engines/slug-of-name";
import { EMPTY, startingConfig, startingPoints } from "@/components/engines/starting-points";
import { useEnvironment } from "@/components/shell/use-environment";
import { RadioCards } from "@/components/ui/checkbox";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { DialogForm } from "@/components/ui/dialog-form";
import { Field } from "@/components/ui/field";
import { Input, Select, TextArea } from "@/components/ui/input";
import { createEngine } from "@/lib/engines/query-options";
import type { CreatedEngine } from "@/lib/engines/schema";
import { engineSlugProblem } from "@/lib/engines/slug";
import type { PortalError } from "@/lib/http/portal-client";

const TYPE_OPTIONS = ENGINE_TYPES.map((value) => {
  const { label, hint } = ENGINE_TYPE_NAMES[value];
  return { value, label, hint };
});
const LIMITS = { name: 80, description: 2_000 } as const;

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Slugs that are known to be taken. */
  taken: ReadonlySet<string>;
  onCreated: (engine: CreatedEngine) => void;
};

type Draft = { name: string; slug: string; description: string; type: EngineType; start: string };

/** The dialog; `onCreated` runs when the server has the engine, and the secret that an engine may have has been stored by the person. */
export function CreateEngineDialog({ open, onOpenChange, taken, onCreated }: Props) {
  const [withSecret, setWithSecret] = useState<CreatedEngine | null>(null);
  if (withSecret?.secret !== undefined) {
    return <NewSecretDialog secret={withSecret.secret} onStored={() => onCreated(withSecret)} />;
  }
  const created = (engine: CreatedEngine) => (engine.secret === undefined ? onCreated(engine) : setWithSecret(engine));
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title="Create engine"
        description="It belongs to the organization: every environment can send runs to it once it is published."
        className="max-w-md"
      >
        <EngineForm taken={taken} onCreated={created} />
      </DialogContent>
    </Dialog>
  );
}

function typedSlugProblem(slug: string, taken: ReadonlySet<string>): string | undefined {
  if (slug === "") return undefined;
  return engineSlugProblem(slug) ?? (taken.has(slug) ? `The slug ${slug} is taken in this organization` : undefined);
}

/** Creating, with the starting point looked up first. */
function useCreation(onCreated: (engine: CreatedEngine) => void) {
  const queryClient = useQueryClient();
  const { slug: environment } = useEnvironment();
  return useMutation<CreatedEngine, PortalError, Draft>({
    mutationFn: async ({ name, slug, description, type, start }) => {
      const config = await startingConfig(type, start);
      const input = { name: name.trim(), slug, type, ...(config ? { config } : {}) };
      return createEngine(environment, description.trim() === "" ? input : { ...input, description });
    },
    onSuccess: (engine) => {
      void queryClient.invalidateQueries({ queryKey: ["engines"] });
      onCreated(engine);
    },
  });
}

function EngineForm({ taken, onCreated }: Pick<Props, "taken" | "onCreated">) {
  const [draft, setDraft] = useState<Draft>({ name: "", slug: "", description: "", type: "placement", start: EMPTY });
  const [ownSlug, setOwnSlug] = useState(false);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const creation = useCreation(onCreated);
  const slugProblem = typedSlugProblem(draft.slug, taken);
  const points = startingPoints(draft.type);
  const reason = draft.name.trim() === "" ? "Type a name first" : draft.slug === "" ? "Type a slug first" : slugProblem;
  const refused = creation.error && creation.variables === draft ? creation.error : null;
  const refusal = (path: string) => refused?.details.find((detail) => detail.path === path)?.message;
  const otherRefusal = refused?.details.length === 0 && refused.code !== "slug_taken" ? refused.message : undefined;
  const slugRefusal = refused?.code === "slug_taken" ? refused.message : refusal("slug");
  return (
    <DialogForm
      action="Create engine"
      disabledReason={reason}
      pending={creation.isPending}
      refusal={otherRefusal}
      onSubmit={() => creation.mutate(draft)}
    >
      <Field label="Name" error={refusal("name")}>
        {(control) => (
          <Input
            {...control}
            value={draft.name}
            maxLength={LIMITS.name}
            placeholder="Loan placement"
            onChange={({ target: { value: name } }) => change(ownSlug ? { name } : { name, slug: slugOfName(name) })}
          />
        )}
      </Field>
      <Field
        label="Slug"
        hint="Names the engine in addresses and in the API. Permanent."
        error={slugProblem ?? slugRefusal}
      >
        {(control) => (
          <Input
            {...control}
            value={draft.slug}
            maxLength={64}
            placeholder="loan-placement"
            autoCapitalize="none"
            className="font-mono"
            onChange={({ target: { value: slug } }) => {
              setOwnSlug(slug !== "");
              change({ slug });
            }}
          />
        )}
      </Field>
      <RadioCards
        label="Type"
        value={draft.type}
        onChange={(type) => change({ type, start: EMPTY })}
        options={TYPE_OPTIONS}
      />
      {points.length > 0 ? (
        <Field label="Start from">
          {(control) => (
            <Select {...control} value={draft.start} onChange={(event) => change({ start: event.target.value })}>
              {points.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <Field label="Description" optional error={refusal("description")}>
        {(control) => (
          <TextArea
            {...control}
            rows={2}
            value={draft.description}
            maxLength={LIMITS.description}
            onChange={(event) => change({ description: event.target.value })}
          />
        )}
      </Field>
    </DialogForm>
  );
}
