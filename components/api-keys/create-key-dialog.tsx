/** Mints a key: name, environment, what it may do, when it dies; then shows it once. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { EnvironmentField } from "@/components/api-keys/environment-field";
import { ExpiryField } from "@/components/api-keys/expiry-field";
import { draftProblem, type KeyDraft, newKey } from "@/components/api-keys/key-draft";
import { MintedKeyView } from "@/components/api-keys/minted-key";
import { ScopePicker } from "@/components/api-keys/scope-picker";
import { PRESET_OPTIONS } from "@/components/api-keys/scopes";
import { useNow } from "@/components/ui/clock";
import { RadioCards } from "@/components/ui/checkbox";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { DialogForm } from "@/components/ui/dialog-form";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { createApiKey, type NewApiKey } from "@/lib/api-keys/query-options";
import type { MintedKey } from "@/lib/api-keys/schema";
import type { PortalError } from "@/lib/http/portal-client";

const NAME_LIMIT = 80;

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The slug that is chosen when the dialog opens. */
  environment: string;
  /** The environment cannot be changed: the dialog belongs to it. */
  environmentFixed?: boolean;
};

/** The dialog; locked while it shows a new key. */
export function CreateKeyDialog({ open, onOpenChange, environment, environmentFixed = false }: Props) {
  const [minted, setMinted] = useState<{ key: string; scopes: readonly string[] } | null>(null);
  const close = () => {
    onOpenChange(false);
    setMinted(null);
  };
  return (
    <Dialog open={open} onOpenChange={(next) => (next ? onOpenChange(true) : close())}>
      {minted ? (
        <DialogContent title="Store your new key" locked className="max-w-md">
          <MintedKeyView mintedKey={minted.key} scopes={minted.scopes} onStored={close} />
        </DialogContent>
      ) : (
        <DialogContent
          title="Create key"
          description={
            environmentFixed ? "The new environment needs a key of its own before it can receive runs." : undefined
          }
          className="max-w-md"
        >
          <KeyForm
            environment={environment}
            environmentFixed={environmentFixed}
            onMinted={({ key }, { scopes }) => setMinted({ key, scopes: scopes ?? [] })}
          />
        </DialogContent>
      )}
    </Dialog>
  );
}

function KeyForm({
  environment,
  environmentFixed,
  onMinted,
}: {
  environment: string;
  environmentFixed: boolean;
  onMinted: (minted: MintedKey, asked: NewApiKey) => void;
}) {
  const queryClient = useQueryClient();
  const now = useNow();
  const [draft, setDraft] = useState<KeyDraft>({
    name: "",
    environment,
    preset: "full",
    picked: new Set(["runs:write", "runs:read"]),
    expiry: "never",
    day: "",
  });
  const change = (part: Partial<KeyDraft>) => setDraft((old) => ({ ...old, ...part }));
  const creation = useMutation<MintedKey, PortalError, NewApiKey>({
    mutationFn: createApiKey,
    onSuccess: (minted, asked) => {
      void queryClient.invalidateQueries({ queryKey: ["api-keys"] });
      onMinted(minted, asked);
    },
  });
  const problem = draftProblem(draft, now);
  const fieldError = (path: string) => creation.error?.details.find((detail) => detail.path === path)?.message;
  return (
    <DialogForm
      action="Create key"
      disabledReason={problem}
      pending={creation.isPending}
      refusal={creation.error?.details.length === 0 ? creation.error.message : undefined}
      onSubmit={() => creation.mutate(newKey(draft, now))}
    >
      <Field
        label="Name"
        hint="Where the key will live, such as “CI” or “Checkout service”."
        error={fieldError("name")}
      >
        {(control) => (
          <Input
            {...control}
            value={draft.name}
            maxLength={NAME_LIMIT}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
      <EnvironmentField
        slug={draft.environment}
        fixed={environmentFixed}
        onChange={(slug) => change({ environment: slug })}
        error={fieldError("environment_slug")}
      />
      <RadioCards
        label="Scopes"
        value={draft.preset}
        onChange={(preset) => change({ preset })}
        options={PRESET_OPTIONS}
        className="sm:grid-cols-2"
      />
      {draft.preset === "custom" ? (
        <ScopePicker picked={draft.picked} onChange={(picked) => change({ picked })} />
      ) : null}
      <ExpiryField draft={draft} change={change} error={fieldError("expires_at")} />
    </DialogForm>
  );
}
