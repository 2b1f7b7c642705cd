/** What is asked about requests that may have been accepted before: by being sent before, or under their idempotency keys. */
import type { AcceptRow, Group } from "./accept-sql.ts";
import { byteaArray, int4Array, textArray, uuidArray } from "../binary-array.ts";

/**
 * Which of these requests have their run already: rows `[n from 1]`. Asked before sending again, whatever their keys are worth by now.
 * A statement of its own: PostgreSQL 18 crashes when one that locks rows also prunes partitions while it runs.
 */
export function alreadyAcceptedQuery(groups: readonly Group[], rows: readonly AcceptRow[]) {
  return {
    name: "accept-already",
    text: `
select r.n::int4
from unnest($1::bytea[], $2::uuid[]) with ordinality as g (hash, org_id, n)
join unnest($3::int4[], $4::uuid[]) with ordinality as r (group_n, run_id, n) on r.group_n = g.n
left join api_key k on k.hash = g.hash
join run on run.org_id = coalesce(k.org_id, g.org_id) and run.id = r.run_id`,
    rowMode: "array" as const,
    values: [
      byteaArray(groups.map((group) => group.hash)),
      uuidArray(groups.map((group) => group.orgId)),
      int4Array(rows.map((row) => row.group + 1)),
      uuidArray(rows.map((row) => row.runId)),
    ],
  };
}

/** Who has these idempotency keys: rows `[n from 1, request_hash, run_id]`, none for a key that nobody has, or has had for 24 hours. */
export function lookUpQuery(keys: readonly { orgId: string; environmentId: string; idempotencyKey: string }[]) {
  return {
    name: "accept-look-up",
    text: `
select k.n::int4, i.request_hash, i.run_id
from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as k (org_id, environment_id, key, n)
join idempotency_key i on i.org_id = k.org_id and i.environment_id = k.environment_id and i.key = k.key
where i.created_at > now() - interval '24 hours'`,
    rowMode: "array" as const,
    values: [
      uuidArray(keys.map((key) => key.orgId)),
      uuidArray(keys.map((key) => key.environmentId)),
      textArray(keys.map((key) => key.idempotencyKey)),
    ],
  };
}
