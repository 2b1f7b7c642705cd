/** API keys as the browser reads and writes them. */
import { queryOptions } from "@tanstack/react-query";

import type { z } from "zod";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import type { RotationGrace } from "./rotation.ts";
import type { ApiKeyDto, ApiKeyPage, CreateApiKeySchema, MintedKey } from "./schema.ts";

export type NewApiKey = z.input<typeof CreateApiKeySchema>;
type ExistingKey = Pick<ApiKeyDto, "id" | "environment">;

/** One page of the keys of an environment (or of `all`), newest first. */
export function apiKeysQuery(environment: string, cursor: string | null = null) {
  return queryOptions({
    queryKey: ["api-keys", environment, cursor],
    queryFn: ({ signal }) =>
      portalFetch<ApiKeyPage>(portalUrl("/api/api-keys", { environment, cursor: cursor ?? undefined }), { signal }),
  });
}

/** Mints a key; without `environment_slug` for live. */
export function createApiKey(key: NewApiKey): Promise<MintedKey> {
  return portalFetch(portalUrl("/api/api-keys", { environment: key.environment_slug }), { method: "POST", body: key });
}

/** Mints the successor of a key; the old one dies at the end of the grace, never later than its own expiry. */
export function rotateApiKey({ id, environment }: ExistingKey, grace: RotationGrace): Promise<MintedKey> {
  return portalFetch(portalUrl(`/api/api-keys/${id}/rotate`, { environment }), { method: "POST", body: { grace } });
}

/** Revokes a key: the very next request with it is refused. */
export function revokeApiKey({ id, environment }: ExistingKey): Promise<void> {
  return portalFetch(portalUrl(`/api/api-keys/${id}`, { environment }), { method: "DELETE" });
}
