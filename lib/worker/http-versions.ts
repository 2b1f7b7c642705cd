/** Engine versions that are known to be of type `http`, learnt from the runs that come; and those of which runs were just left where they are. */

/** Organizations, and versions of one, that are remembered; a forgotten version is learnt again from its next run. */
const MAX_ORGANIZATIONS = 10_000;
const MAX_VERSIONS = 200;
/** A version of which runs were left is not looked at again before: each look locks what it leaves. */
const LEFT_FOR_MS = 50;

export type HttpVersions = {
  saw(orgId: string, versionId: string): void;
  /** Those of an organization. */
  of(orgId: string): string[];
  /** Runs of this version in this environment were left where they are. */
  leave(environmentId: string, versionId: string): void;
  /** Whether that was just now. */
  isLeft(environmentId: string, versionId: string): boolean;
};

export function createHttpVersions(): HttpVersions {
  const byOrg = new Map<string, Set<string>>();
  const leftUntil = new Map<string, number>();
  return {
    saw(orgId, versionId) {
      const known = byOrg.get(orgId) ?? new Set();
      known.delete(versionId);
      known.add(versionId);
      if (known.size > MAX_VERSIONS) known.delete(known.values().next().value!);
      byOrg.delete(orgId);
      byOrg.set(orgId, known);
      if (byOrg.size > MAX_ORGANIZATIONS) byOrg.delete(byOrg.keys().next().value!);
    },
    of: (orgId) => [...(byOrg.get(orgId) ?? [])],
    leave(environmentId, versionId) {
      leftUntil.set(`${environmentId} ${versionId}`, performance.now() + LEFT_FOR_MS);
    },
    isLeft(environmentId, versionId) {
      const key = `${environmentId} ${versionId}`;
      const until = leftUntil.get(key);
      if (until === undefined) return false;
      if (performance.now() < until) return true;
      leftUntil.delete(key);
      return false;
    },
  };
}
