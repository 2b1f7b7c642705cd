/** Engines as the browser reads them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";

export type EngineType = "placement" | "entity_analysis" | "http";
export type Engine = {
  slug: string;
  name: string;
  type: EngineType;
  description: string;
  latest_version: string | null;
  created_at: string;
  updated_at: string;
};
export type EnginePage = { data: Engine[]; next_cursor: string | null };

/** The organization's engines; they belong to it and not to an environment. */
export function enginesQuery(cursor: string | null = null) {
  return queryOptions({
    queryKey: ["engines", cursor],
    queryFn: ({ signal }) =>
      portalFetch<EnginePage>(portalUrl("/api/engines", { cursor: cursor ?? undefined, limit: 100 }), { signal }),
    staleTime: 60_000,
  });
}
