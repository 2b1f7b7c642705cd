/** The scopes of a key, one by one. */
"use client";

import { SCOPE_MEANING } from "@/components/api-keys/scopes";
import { Checkbox } from "@/components/ui/checkbox";
import { FieldError } from "@/components/ui/field";
import { KEY_SCOPES, type KeyScope } from "@/lib/auth/permissions";

/** Shown for the choice "Custom". */
export function ScopePicker({
  picked,
  onChange,
}: {
  picked: ReadonlySet<KeyScope>;
  onChange: (picked: ReadonlySet<KeyScope>) => void;
}) {
  const toggle = (scope: KeyScope, on: boolean) => {
    const next = new Set(picked);
    if (on) next.add(scope);
    else next.delete(scope);
    onChange(next);
  };
  return (
    <fieldset className="flex flex-col gap-2.5 rounded-md border border-line p-3">
      <legend className="sr-only">Custom scopes</legend>
      {KEY_SCOPES.map((scope) => (
        <Checkbox
          key={scope}
          checked={picked.has(scope)}
          onChange={(on) => toggle(scope, on)}
          label={<span className="font-mono text-xs">{scope}</span>}
          hint={SCOPE_MEANING[scope]}
        />
      ))}
      {picked.size === 0 ? <FieldError>Choose at least one scope</FieldError> : null}
    </fieldset>
  );
}
