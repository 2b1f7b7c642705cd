/**
 * How many requests to services of customers' may be open, and whose. One that hangs is open until its timeout, so that shares, not turns, keep
 * one service from delaying the others: whoever wants another request may have at most as many open as are still free, at each level.
 * One that hangs gets half of what there is, the next half of the rest; and whoever has none open may always open one.
 */

/** The most that one environment, and of all that a worker has one organization, may have open at a time. */
const PER_ENVIRONMENT = 64;
const ORGANIZATION_SHARE = 1 / 2;
/** Times the total: what those that have none open may open beside it, all together. */
const BESIDE = 3;

/** Whose request it is, and to what: a version of an engine, an endpoint. */
export type Share = { orgId: string; environmentId: string; targetId: string };

export type Shares = {
  /** Whether one more may be opened now. */
  has(share: Share): boolean;
  /** Whether it is the first of those that may always open one: then nothing but the very last bound keeps it from that. */
  isFirst(share: Share): boolean;
  take(share: Share): void;
  release(share: Share): void;
  /** Requests that are open. */
  count(): number;
};

function count<K>(of: Map<K, number>, key: K, by: 1 | -1): void {
  const sum = (of.get(key) ?? 0) + by;
  if (sum === 0) of.delete(key);
  else of.set(key, sum);
}

/** Shares of `total` requests. `always`: who may always open one; targets only where an environment has few of them. */
export function createShares(total: number, always: "environment" | "target" = "environment"): Shares {
  const perOrganization = Math.max(1, Math.floor(total * ORGANIZATION_SHARE));
  const perEnvironment = Math.min(PER_ENVIRONMENT, perOrganization);
  const organizations = new Map<string, number>();
  const environments = new Map<string, { open: number; targets: Map<string, number> }>();
  let open = 0;

  function change({ orgId, environmentId, targetId }: Share, by: 1 | -1): void {
    open += by;
    count(organizations, orgId, by);
    const environment = environments.get(environmentId) ?? { open: 0, targets: new Map<string, number>() };
    environment.open += by;
    count(environment.targets, targetId, by);
    if (environment.open === 0) environments.delete(environmentId);
    else environments.set(environmentId, environment);
  }

  function isFirst({ environmentId, targetId }: Share): boolean {
    const environment = environments.get(environmentId);
    return environment === undefined || (always === "target" && !environment.targets.has(targetId));
  }

  return {
    isFirst,
    has(share) {
      if (isFirst(share)) return open < total * (1 + BESIDE);
      const ofOrganization = organizations.get(share.orgId)!;
      const environment = environments.get(share.environmentId)!;
      return (
        ofOrganization < total - open &&
        environment.open < perOrganization - ofOrganization &&
        (environment.targets.get(share.targetId) ?? 0) < perEnvironment - environment.open
      );
    },
    take: (share) => change(share, 1),
    release: (share) => change(share, -1),
    count: () => open,
  };
}
