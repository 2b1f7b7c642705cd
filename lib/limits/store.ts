/** Reads and writes of limits, and of what counts against them. */
import { pool, type Tx } from "../db.ts";
import type { EnvironmentKind } from "../generated/prisma/enums.ts";
import { markReady } from "./concurrency.ts";
import { RATE_WINDOW_SECONDS } from "./rate-limit.ts";

export type OrganizationLimitsRow = {
  runs_per_minute: number | null;
  concurrency_ceiling: number | null;
  environment_limit: number;
  /** Of the window that is under way; null where none is. */
  accepted: number | null;
  resets_at: Date | null;
};

/** The organization's limits, with the window that is under way. */
export async function findOrganizationLimits(orgId: string): Promise<OrganizationLimitsRow | undefined> {
  const { rows } = await pool().query<OrganizationLimitsRow>(
    `select o.runs_per_minute, o.concurrency_ceiling, o.environment_limit, w.accepted,
       w.started_at + interval '${RATE_WINDOW_SECONDS} seconds' as resets_at
     from organization o
     left join run_rate_window w on w.org_id = o.id and abs(extract(epoch from now() - w.started_at)) < ${RATE_WINDOW_SECONDS}
     where o.id = $1`,
    [orgId],
  );
  return rows[0];
}

export type EnvironmentLimitsRow = {
  id: string;
  slug: string;
  kind: EnvironmentKind;
  concurrency_limit: number | null;
  /** The environment's own ceiling, else the organization's. */
  ceiling: number | null;
  running: number;
};

/** The environments of an organization, or the one of this slug, in the order of their creation, each with what runs now. */
export async function findEnvironmentLimits(orgId: string, slug?: string): Promise<EnvironmentLimitsRow[]> {
  const { rows } = await pool().query<EnvironmentLimitsRow>(
    `select e.id, e.slug, e.kind, e.concurrency_limit, coalesce(e.concurrency_ceiling, o.concurrency_ceiling) as ceiling,
       (select count(*)::int from run where org_id = e.org_id and environment_id = e.id and status = 'RUNNING') as running
     from environment e join organization o on o.id = e.org_id
     where e.org_id = $1 and e.deleted_at is null and ($2::text is null or e.slug = $2)
     order by e.kind <> 'live', e.id`,
    [orgId, slug ?? null],
  );
  return rows;
}

/** Sets or takes away the limit of runs a minute. Its window is there before the limit is. */
export async function writeRunsPerMinute(tx: Tx, orgId: string, limit: number | null): Promise<void> {
  await tx.$executeRaw`
    insert into run_rate_window (org_id, started_at, accepted) values (${orgId}::uuid, 'epoch', 0) on conflict (org_id) do nothing`;
  await tx.organization.update({ where: { id: orgId }, data: { runsPerMinute: limit } });
}

/** What waits in an environment may have got room, or in all of the organization's: workers look again. Call it late in the transaction. */
export async function markEnvironmentsReady(tx: Tx, orgId: string, environmentId: string | null): Promise<void> {
  await tx.$executeRawUnsafe(
    markReady("environment where org_id = $1::uuid and ($2::uuid is null or id = $2::uuid) and deleted_at is null"),
    orgId,
    environmentId,
  );
}
