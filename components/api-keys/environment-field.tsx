/** Which environment a key is bound to: a choice, or a fact. */
"use client";

import {
  ENVIRONMENT_TONE,
  EnvironmentIcon,
  environmentName,
  environmentWords,
} from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { cn } from "@/components/ui/cn";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/input";

/** Tinted like the environment it names, so that a key for live is not made by mistake, nor one for dev. */
export function EnvironmentField({
  slug,
  fixed,
  onChange,
  error,
}: {
  slug: string;
  fixed: boolean;
  onChange: (slug: string) => void;
  error: string | undefined;
}) {
  const { environments } = useEnvironment();
  const kind =
    environments.find((environment) => environment.slug === slug)?.kind ?? (slug === "live" ? "live" : "environment");
  if (fixed) {
    return (
      <div className="flex flex-col gap-1.5">
        <span className="text-sm font-medium">Environment</span>
        <p
          data-fixed-environment={slug}
          className={cn("flex h-9 items-center gap-2 rounded-md border px-2.5 text-sm", ENVIRONMENT_TONE[kind])}
        >
          <EnvironmentIcon kind={kind} />
          <span className="font-mono font-medium">{environmentName(slug, kind)}</span>
          <span>{environmentWords(kind)}</span>
        </p>
      </div>
    );
  }
  return (
    <Field label="Environment" hint={`Keys start with nx_${slug}_`} error={error}>
      {(control) => (
        <Select
          {...control}
          value={slug}
          onChange={(event) => onChange(event.target.value)}
          className={kind === "live" ? "" : ENVIRONMENT_TONE[kind]}
        >
          {environments.map((environment) => (
            <option key={environment.slug} value={environment.slug}>
              {environment.kind === "live" ? "Live" : `${environment.slug} (${environmentWords(environment.kind)})`}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
