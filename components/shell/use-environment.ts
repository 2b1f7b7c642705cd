/** The environment that the page shows, read from the URL and written to it. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { parseAsString, useQueryStates } from "nuqs";

import { useSession } from "@/components/shell/session-context";
import type { AnyPermission } from "@/lib/auth/permissions";
import {
  ENVIRONMENT_PARAM,
  type EnvironmentChoice,
  environmentHref,
  LIVE_SLUG,
  resolveEnvironment,
} from "@/lib/environments/environment-param";
import { environmentsQuery } from "@/lib/environments/query-options";
import type { EnvironmentDto } from "@/lib/environments/schema";

const NONE: EnvironmentDto[] = [];

/** Pages whose rows belong to the organization: they stay when another environment is shown. */
const SHARED_PAGES = new Set(["engines", "settings"]);

/** What belongs to the rows of one environment and means nothing in another. */
const DEPENDENT_PARAMS = {
  cursor: parseAsString,
  run: parseAsString,
  event_id: parseAsString,
  delivery: parseAsString,
};

export type CurrentEnvironment = EnvironmentChoice & {
  environments: readonly EnvironmentDto[];
  /** Shows another environment: a list in place, the page of an environment's row by going to its list. A new history entry. */
  select: (slug: string) => void;
  /** A portal link that keeps this environment. */
  href: (path: string, params?: Record<string, string>) => string;
};

/** The current environment with its siblings. */
export function useEnvironment(): CurrentEnvironment {
  const { data } = useQuery(environmentsQuery());
  const environments = data?.data ?? NONE;
  const pathname = usePathname();
  const router = useRouter();
  const [query, setQuery] = useQueryStates(
    { [ENVIRONMENT_PARAM]: parseAsString, ...DEPENDENT_PARAMS },
    { history: "push", scroll: false },
  );
  const choice = resolveEnvironment(query[ENVIRONMENT_PARAM], data?.data);
  const select = (slug: string) => {
    const [, list = "", row] = pathname.split("/");
    const isShared = SHARED_PAGES.has(list) || pathname === "/runs/new";
    if (row && slug !== choice.slug && !isShared) router.push(environmentHref(`/${list}`, slug));
    else
      void setQuery({
        [ENVIRONMENT_PARAM]: slug === LIVE_SLUG ? null : slug,
        cursor: null,
        run: null,
        event_id: null,
        delivery: null,
      });
  };
  return { ...choice, environments, select, href: (path, params) => environmentHref(path, choice.slug, params) };
}

export const READ_ONLY_REASON = "All environments is read-only. Choose one environment to change anything.";

/** Why a change cannot be made here, or undefined: the rollup is read-only, or the permission is missing. */
export function useRefusal(permission: AnyPermission): string | undefined {
  const { kind } = useEnvironment();
  const missing = usePermissionRefusal(permission);
  return kind === "all" ? READ_ONLY_REASON : missing;
}

/** Why a change cannot be made by this person, or undefined, whatever environment is shown. */
export function usePermissionRefusal(permission: AnyPermission): string | undefined {
  const { permissions, organization } = useSession();
  if (permissions.includes(permission)) return undefined;
  return `Needs the permission ${permission}. An owner of ${organization.name} can grant it.`;
}
