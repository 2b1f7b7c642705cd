/** Environments as the browser reads and writes them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch } from "../http/portal-client.ts";
import type { EnvironmentDto, EnvironmentList } from "./schema.ts";

/** All environments of the organization, live first, and how many of its limit are used. */
export function environmentsQuery() {
  return queryOptions({
    queryKey: ["environments"],
    queryFn: ({ signal }) => portalFetch<EnvironmentList>("/api/environments", { signal }),
    staleTime: 30_000,
  });
}

/** Creates an environment. Refusals: `invalid_slug`, `slug_reserved`, `slug_taken`, `environment_limit_reached`. */
export function createEnvironment(slug: string): Promise<EnvironmentDto> {
  return portalFetch("/api/environments", { method: "POST", body: { slug } });
}
