/**
 * Concurrency: how many runs of an environment may be RUNNING at once. The organization sets a limit for each environment, the operator a
 * ceiling for one environment or for all of the organization's; the lower of limit and ceiling holds. What is beyond it waits.
 */

export const MAX_CONCURRENCY = 100_000;

/** The number that holds, as SQL over `environment e` and its `organization o`; null: any number. */
export const EFFECTIVE_CONCURRENCY =
  "least(e.concurrency_limit, coalesce(e.concurrency_ceiling, o.concurrency_ceiling))";

/** The same of known numbers. */
export function effectiveConcurrency(limit: number | null, ceiling: number | null): number | null {
  if (limit === null || ceiling === null) return limit ?? ceiling;
  return Math.min(limit, ceiling);
}

/** Environments with a limit, as SQL that ends in a condition: org_id, id, kind. Joined with what the condition names. */
export const limitedEnvironments = (condition: string) => `
select e.org_id, e.id, e.kind from environment e join organization o on o.id = e.org_id
where ${condition} and ${EFFECTIVE_CONCURRENCY} is not null`;

/**
 * Marks environments ready that may have got room for a run, as SQL over what has their org_id, id and kind. A mark that stands is locked until
 * commit, so that a worker which finds the environment full at this moment does not remove it unseen. The lock is one that acceptance does not
 * wait for: no key column is named.
 */
export const markReady = (environments: string) => `
insert into ready_environment (org_id, environment_id, is_live)
select org_id, id, kind = 'live' from ${environments} order by id
on conflict (org_id, environment_id) do update set is_live = excluded.is_live where false`;
