/** The signing secret of an `http` engine, as those who manage engines replace it. It is shown when it is made, and never again. */
import * as audit from "../audit/service.ts";
import type { OrgScope } from "../auth/principal.ts";
import { prisma } from "../db.ts";
import { ApiError } from "../errors.ts";
import { toIsoOrNull } from "../time.ts";
import type { RotatedSecret, RotateSecret } from "./schema.ts";
import { replaceSecret } from "./secret-store.ts";
import { findEngine } from "./service.ts";

const KEEP_HOURS = { "24h": 24, now: 0 } as const;

/**
 * Makes a new signing secret. The old one signs beside it for 24 hours, or ends now. Throws 404, and 409 `conflict` for an engine that is
 * evaluated here and calls nobody, and where as many old ones are kept as can be.
 */
export async function rotateSecret(scope: OrgScope, slug: string, input: RotateSecret): Promise<RotatedSecret> {
  const engine = await findEngine(scope, slug);
  if (engine.type !== "http") throw new ApiError("conflict", "Only engines of type http have a signing secret");
  return prisma().$transaction(async (tx) => {
    const hours = KEEP_HOURS[input.keep_old];
    const { secret, oldExpiresAt } = await replaceSecret(tx, scope.orgId, engine.id, hours);
    await audit.record(tx, scope, {
      action: "engine.rotate_secret",
      target: { type: "engine", id: engine.id, label: slug },
      details: { keep_old: input.keep_old },
    });
    return { secret, old_secret_expires_at: toIsoOrNull(oldExpiresAt) };
  });
}
