/** Work that is done for many organizations, one after the other, where what goes wrong for one must not keep it from the others. */
import { isAboutRows } from "./database.ts";

/**
 * Calls `work` for each organization. When PostgreSQL refuses it for some of them, the others have theirs all the same, and then the first error is
 * thrown. What befalls everybody, as when PostgreSQL is away, is thrown at once.
 */
export async function forEachOrganization<T>(
  byOrg: ReadonlyMap<string, T>,
  work: (orgId: string, items: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  for (const [orgId, items] of byOrg) {
    try {
      await work(orgId, items);
    } catch (error) {
      if (!isAboutRows(error)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
