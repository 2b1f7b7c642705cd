/**
 * The audit log: every mutating service passes here, in the transaction that makes the change, so that there is no change without its event.
 */
import { randomBytes } from "node:crypto";
import type { OrgScope, Principal } from "../auth/principal.ts";
import type { Tx } from "../db.ts";
import { newId } from "../ids.ts";
import { bodyHash, eventHash, GENESIS_HASH } from "./hash-chain.ts";

/** What happened, to what. `details` holds what a reader needs to understand it; never a secret. */
export type AuditEntry = {
  action: `${string}.${string}`;
  target: { type: string; id: string; label?: string };
  details?: Record<string, string | number | boolean | null | readonly string[]>;
};

/** Who acts, in which organization, by which request. Every scope is one. */
export type AuditScope = Pick<OrgScope, "orgId" | "principal" | "request">;

function actorOf(principal: Principal): { type: string; id: string; label: string } {
  switch (principal.kind) {
    case "session":
      return { type: "user", id: principal.userId, label: principal.email };
    case "environment_key":
      return { type: "key", id: principal.keyId, label: `${principal.keyName} (${principal.keyPrefix}…)` };
    case "system":
      return { type: "system", id: principal.name, label: principal.name };
  }
}

/**
 * Appends one event to the organization's chain. Call it last in the transaction: from here to the commit other events of the
 * organization wait.
 */
export async function record(tx: Tx, scope: AuditScope, entry: AuditEntry): Promise<void> {
  await tx.$executeRaw`insert into audit_chain (org_id, last_seq, last_hash) values (${scope.orgId}::uuid, 0, ${GENESIS_HASH}) on conflict do nothing`;
  const [end] = await tx.$queryRaw<{ last_seq: bigint; last_hash: Uint8Array; now: Date }[]>`
    select last_seq, last_hash, date_trunc('milliseconds', clock_timestamp()) as now from audit_chain where org_id = ${scope.orgId}::uuid for update`;
  if (!end) throw new Error("the audit chain has no row");

  const seq = end.last_seq + 1n;
  const salt = new Uint8Array(randomBytes(16));
  const body = JSON.stringify({
    actor: actorOf(scope.principal),
    action: entry.action,
    target: entry.target,
    ip: scope.request.ip,
    user_agent: scope.request.userAgent,
    created_at: end.now.toISOString(),
    request_id: scope.request.requestId,
    details: entry.details ?? {},
  });
  const bodyDigest = bodyHash(salt, body);
  const hash = eventHash(end.last_hash, seq, bodyDigest);
  await tx.auditEvent.create({
    data: { orgId: scope.orgId, seq, id: newId(), hash, bodyHash: bodyDigest, createdAt: end.now, salt, body },
  });
  await tx.auditChain.update({ where: { orgId: scope.orgId }, data: { lastSeq: seq, lastHash: hash } });
}
