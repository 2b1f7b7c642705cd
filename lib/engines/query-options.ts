/** Engines as the browser reads them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import type { EnginePage } from "./schema.ts";

export const ENGINES_PER_PAGE = 100;

/** The organization's engines; they belong to it and not to an environment. */
export function enginesQuery(cursor: string | null = null) {
  return queryOptions({
    queryKey: ["engines", cursor],
    queryFn: ({ signal }) =>
      portalFetch<EnginePage>(portalUrl("/api/engines", { cursor: cursor ?? undefined, limit: ENGINES_PER_PAGE }), {
        signal,
      }),
    staleTime: 60_000,
  });
}
