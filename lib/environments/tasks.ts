/** Background work of environments. */
import { cancelPendingRuns, deletedEnvironmentsWithPendingRuns } from "./removal-store.ts";

/**
 * Cancels runs that wait in deleted environments. Deleting does so itself, once; this catches what was accepted by a statement that had
 * read the environment before the deletion was committed, and what a dead process left half done. To be repeated by the worker.
 * Returns how many runs it canceled.
 */
export async function cancelPendingRunsOfDeletedEnvironments(): Promise<number> {
  let canceled = 0;
  for (const { orgId, environmentId } of await deletedEnvironmentsWithPendingRuns()) {
    canceled += await cancelPendingRuns(orgId, environmentId);
  }
  return canceled;
}
