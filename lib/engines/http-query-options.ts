/** Engines of type http as the browser changes them, beside what every engine has. */
import { portalFetch, portalUrl } from "../http/portal-client.ts";
import type { RotatedSecret, RotateSecret } from "./schema.ts";

/** Replaces the signing secret. `environment` is what the page shows: `all` is refused. */
export function rotateEngineSecret(environment: string, slug: string, input: RotateSecret): Promise<RotatedSecret> {
  const path = `/api/engines/${encodeURIComponent(slug)}/rotate-secret`;
  return portalFetch(portalUrl(path, { environment }), { method: "POST", body: input });
}
