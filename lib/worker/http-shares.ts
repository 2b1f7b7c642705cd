/**
 * How many calls of services may be open, and whose. A call that hangs is open for as long as its engine's timeout, so that shares, not turns,
 * keep one service from delaying the others: whoever wants another call may have at most as many open as are still free, at each level.
 * One that hangs gets half of what there is, the next half of the rest; and an environment that has none open may always open one.
 */

/** The most that one environment, and of all that a worker has one organization, may have open at a time. */
const PER_ENVIRONMENT = 64;
const ORGANIZATION_SHARE = 1 / 2;
/** Times the total: what those that have none open may open beside it, all together. */
const BESIDE = 3;

/** Whose call it is. */
export type Share = { orgId: string; environmentId: string; versionId: string };

export type HttpShares = {
  /** Whether one more may be opened now. */
  has(share: Share): boolean;
  /** Whether its environment has none open: then nothing but the very last bound keeps it from opening one. */
  isFirst(share: Share): boolean;
  take(share: Share): void;
  release(share: Share): void;
  /** Calls that are open. */
  count(): number;
};

const keysOf = ({ orgId, environmentId, versionId }: Share) =>
  [orgId, environmentId, `${environmentId} ${versionId}`] as const;

/** Shares of `total` calls. */
export function createHttpShares(total: number): HttpShares {
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

  return {
    isFirst: ({ environmentId }) => !open.has(environmentId),
    has(share) {
      const [ofOrganization = 0, ofEnvironment = 0, ofVersion = 0] = keysOf(share).map((key) => open.get(key) ?? 0);
      if (ofEnvironment === 0) return count < total * (1 + BESIDE);
      return (
        ofOrganization < total - count &&
        ofEnvironment < perOrganization - ofOrganization &&
        ofVersion < perEnvironment - ofEnvironment
      );
    },
    take: (share) => change(share, 1),
    release: (share) => change(share, -1),
    count: () => count,
  };
}
