/** Limits as the browser reads and writes them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import type { EnvironmentLimits, Limits } from "./schema.ts";

const REFRESH_MS = 5_000;

/** Everything that limits the organization; what is in use is read again every few seconds. */
export function limitsQuery() {
  return queryOptions({
    queryKey: ["limits"],
    queryFn: ({ signal }) => portalFetch<Limits>("/api/limits", { signal }),
    refetchInterval: REFRESH_MS,
  });
}

/** Sets how many runs of an environment run at once, or null for as many as the ceiling allows. `shown` is what the page shows: `all` is refused. */
export function setConcurrency(
  shown: string,
  environment: string,
  concurrency: number | null,
): Promise<EnvironmentLimits> {
  const url = portalUrl(`/api/environments/${environment}/limits`, { environment: shown });
  return portalFetch(url, { method: "PUT", body: { concurrency } });
}
