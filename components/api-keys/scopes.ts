/** What the portal says about a key's scopes. */
import { KEY_PRESETS, KEY_SCOPES, type KeyScope } from "@/lib/auth/permissions";

export type Preset = keyof typeof KEY_PRESETS;
export type PresetChoice = Preset | "custom";

/** What each scope lets a program do. */
export const SCOPE_MEANING: Record<KeyScope, string> = {
  "runs:read": "See runs with their inputs and outputs",
  "runs:write": "Send and cancel runs",
  "engines:manage": "Create, configure and publish engines",
  "environments:manage": "Create and change environments (live keys only)",
  "webhooks:manage": "Create and change webhook endpoints",
  "usage:read": "Read usage",
  "api_keys:manage": "Mint keys for other environments (live keys only)",
};

/** The choices of the create dialog, with what each is for. */
export const PRESET_OPTIONS = [
  { value: "full", label: KEY_PRESETS.full.label, hint: "All seven scopes" },
  { value: "trigger_only", label: KEY_PRESETS.trigger_only.label, hint: "Sends runs and reads them" },
  { value: "observer", label: KEY_PRESETS.observer.label, hint: "Reads runs and usage, changes nothing" },
  { value: "custom", label: "Custom", hint: "Choose the scopes one by one" },
] as const satisfies readonly { value: PresetChoice; label: string; hint: string }[];

/** The scopes of a choice; those picked by hand for `custom`, in the table's order. */
export function scopesOf(choice: PresetChoice, picked: ReadonlySet<KeyScope>): KeyScope[] {
  if (choice !== "custom") return [...KEY_PRESETS[choice].scopes];
  return KEY_SCOPES.filter((scope) => picked.has(scope));
}

/** `Full`, `Trigger only`, `Observer`, or the number of scopes. */
export function scopesLabel(scopes: readonly string[]): string {
  const same = (preset: readonly string[]) =>
    preset.length === scopes.length && preset.every((scope) => scopes.includes(scope));
  const preset = Object.values(KEY_PRESETS).find((candidate) => same(candidate.scopes));
  if (preset) return preset.label;
  return scopes.length === 1 ? scopes[0]! : `${scopes.length} scopes`;
}
