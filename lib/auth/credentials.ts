/**
 * From a bearer key to a scope. Every request asks the database, and nothing is remembered in between, so that a revoked, expired or
 * rotated-out key is refused by the very next request on any process.
 */
import { bearerToken, invalidKey } from "../api-keys/bearer.ts";
import { hashKey } from "../api-keys/key-format.ts";
import { touchKey } from "../api-keys/last-used-store.ts";
import { pool } from "../db.ts";
import type { EnvironmentKind } from "../generated/prisma/enums.ts";
import { permissionsOfScopes } from "./permissions.ts";
import { type EnvironmentScope, environmentScope, orgScope, type RequestContext } from "./principal.ts";

type KeyRow = {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  org_id: string;
  environment_id: string;
  slug: string;
  kind: EnvironmentKind;
};

const FIND_KEY = `
select api_key.id, api_key.name, api_key.prefix, api_key.scopes, api_key.org_id,
  environment.id as environment_id, environment.slug, environment.kind
from api_key
join environment on environment.org_id = api_key.org_id and environment.id = api_key.environment_id
join organization on organization.id = api_key.org_id
where api_key.hash = $1 and api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > now())
  and environment.deleted_at is null and organization.deleted_at is null`;

async function findKey(token: string): Promise<KeyRow> {
  const { rows } = await pool().query<KeyRow>({ name: "find-key", text: FIND_KEY, values: [hashKey(token)] });
  if (!rows[0]) throw invalidKey();
  return rows[0];
}

/** The organization of a key that works now, for whoever must know before the request itself is looked at. Throws the 401 of every other. */
export async function organizationOfKey(token: string): Promise<string> {
  return (await findKey(token)).org_id;
}

/**
 * The scope of the key in an Authorization header. Throws one and the same 401 for everything that is not a working key, after the same
 * work: one SHA-256 and one look-up. Nothing is compared with a secret byte by byte: an index finds the hash of what was sent or does
 * not, and who could read from the timing how far the tree was walked would learn about hashes, which nobody can aim.
 */
export async function authenticateApiKey(
  authorization: string | null | undefined,
  request: RequestContext,
): Promise<EnvironmentScope> {
  const key = await findKey(bearerToken(authorization));
  touchKey(key.id, key.org_id);
  const scope = orgScope({
    orgId: key.org_id,
    principal: {
      kind: "environment_key",
      keyId: key.id,
      keyName: key.name,
      keyPrefix: key.prefix,
      scopes: key.scopes,
    },
    permissions: permissionsOfScopes(key.scopes),
    request,
  });
  return environmentScope(scope, { id: key.environment_id, slug: key.slug, kind: key.kind });
}
