/** The kind of an environment by its slug, for badges of rows. */
"use client";

import { useEnvironment } from "@/components/shell/use-environment";
import type { EnvironmentKind } from "@/lib/environments/environment-param";

/** A look-up; a slug that is gone belonged to a deleted environment, which was not live. */
export function useKindOf(): (slug: string) => EnvironmentKind {
  const { environments } = useEnvironment();
  return (slug) =>
    slug === "live" ? "live" : (environments.find((environment) => environment.slug === slug)?.kind ?? "environment");
}
