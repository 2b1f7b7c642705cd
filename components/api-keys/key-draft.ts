/** What has been filled in of the form for a new key, and what is still missing. */
import { type ExpiryChoice, expiryProblem, expiryTime } from "@/components/api-keys/expiry";
import { type PresetChoice, scopesOf } from "@/components/api-keys/scopes";
import { type NewApiKey } from "@/lib/api-keys/query-options";
import type { KeyScope } from "@/lib/auth/permissions";

export type KeyDraft = {
  name: string;
  environment: string;
  preset: PresetChoice;
  picked: ReadonlySet<KeyScope>;
  expiry: ExpiryChoice;
  day: string;
};

/** Why the key cannot be made yet, or undefined. */
export function draftProblem(draft: KeyDraft, nowMs: number): string | undefined {
  if (draft.name.trim() === "") return "Type a name first";
  if (scopesOf(draft.preset, draft.picked).length === 0) return "Choose at least one scope";
  return expiryProblem(draft.expiry, draft.day, nowMs);
}

/** The request that the draft stands for. */
export function newKey(draft: KeyDraft, nowMs: number): NewApiKey {
  const expiresAt = expiryTime(draft.expiry, draft.day, nowMs);
  return {
    name: draft.name.trim(),
    environment_slug: draft.environment,
    scopes: scopesOf(draft.preset, draft.picked),
    ...(expiresAt ? { expires_at: expiresAt } : {}),
  };
}
