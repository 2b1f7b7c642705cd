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

const keysOf = ({ orgId, environmentId, targetId }: Share) =>
  [orgId, environmentId, `${environmentId} ${targetId}`] as const;

/** Shares of `total` requests. `always`: who may always open one; targets only where an environment has few of them. */
export function createShares(total: number, always: "environment" | "target" = "environment"): Shares {
  const perOrganization = Math.max(1, Math.floor(total * ORGANIZATION_SHARE));
  const perEnvironment = Math.min(PER_ENVIRONMENT, perOrganization);
  const open = new Map<string, number>();
  let count = 0;

  function change(share: Share, by: 1 | -1): void {
    count += by;
    for (const key of keysOf(share)) {
      const sum = (open.get(key) ?? 0) + by;
      if (sum === 0) open.delete(key);
      else open.set(key, sum);
    }
  }

  function isFirst(share: Share): boolean {
    const [, environment, target] = keysOf(share);
    return !open.has(always === "environment" ? environment : target);
  }

  return {
    isFirst,
    has(share) {
      if (isFirst(share)) return count < total * (1 + BESIDE);
      const [organization, environment, target] = keysOf(share);
      const [ofOrganization, ofEnvironment] = [open.get(organization) ?? 0, open.get(environment) ?? 0];
      return (
        ofOrganization < total - count &&
        ofEnvironment < perOrganization - ofOrganization &&
        (open.get(target) ?? 0) < perEnvironment - ofEnvironment
      );
    },
    take: (share) => change(share, 1),
    release: (share) => change(share, -1),
    count: () => count,
  };
}
