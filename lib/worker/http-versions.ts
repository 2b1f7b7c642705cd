/** Engine versions that are known to be of type `http`, learnt from the runs that come. */

/** Organizations, and versions of one, that are remembered; a forgotten version is learnt again from its next run. */
const MAX_ORGANIZATIONS = 10_000;
const MAX_VERSIONS = 200;

export type HttpVersions = {
  saw(orgId: string, versionId: string): void;
  /** Those of an organization. */
  of(orgId: string): string[];
};

export function createHttpVersions(): HttpVersions {
  const byOrg = new Map<string, Set<string>>();
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
  };
}
