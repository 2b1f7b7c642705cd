/** When the new key dies. */
"use client";

import { EXPIRY_OPTIONS, type ExpiryChoice, expiryProblem } from "@/components/api-keys/expiry";
import type { KeyDraft } from "@/components/api-keys/key-draft";
import { useNow } from "@/components/ui/clock";
import { Field } from "@/components/ui/field";
import { Input, Select } from "@/components/ui/input";

/** A usual span, or a day of one's own. */
export function ExpiryField({
  draft,
  change,
  error,
}: {
  draft: KeyDraft;
  change: (part: Partial<KeyDraft>) => void;
  error: string | undefined;
}) {
  const now = useNow();
  const problem = draft.day === "" ? undefined : expiryProblem(draft.expiry, draft.day, now);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="Expires" error={error}>
        {(control) => (
          <Select
            {...control}
            value={draft.expiry}
            onChange={(event) => change({ expiry: event.target.value as ExpiryChoice })}
          >
            {EXPIRY_OPTIONS.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {draft.expiry === "custom" ? (
        <Field label="Day" hint="Until its end, in UTC" error={problem}>
          {(control) => (
            <Input
              {...control}
              type="date"
              value={draft.day}
              onChange={(event) => change({ day: event.target.value })}
            />
          )}
        </Field>
      ) : null}
    </div>
  );
}
