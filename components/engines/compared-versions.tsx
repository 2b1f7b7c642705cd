/** Chooses one side of a comparison: the draft, or a published version. */
"use client";

import { useQuery } from "@tanstack/react-query";

import { Field } from "@/components/ui/field";
import { formatExact } from "@/components/ui/format-time";
import { Select } from "@/components/ui/input";
import { versionPageQuery } from "@/lib/engines/version-query-options";

/** `value` is among the choices, however old it is. */
export function ComparedVersions({
  slug,
  label,
  value,
  onChange,
}: {
  slug: string;
  label: string;
  value: string;
  onChange: (side: string) => void;
}) {
  const versions = useQuery(versionPageQuery(slug, null)).data?.data ?? [];
  const isListed = value === "draft" || versions.some(({ version }) => version === value);
  return (
    <Field label={label} className="w-56 max-sm:w-full">
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="draft">Draft</option>
          {isListed ? null : <option value={value}>{value}</option>}
          {versions.map(({ version, created_at }) => (
            <option key={version} value={version}>
              {version} · {formatExact(created_at).split(",", 1)[0]}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
