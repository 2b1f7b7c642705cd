/**
 * Callers whose organizations had a limit when they were last seen: their requests go the limited way at once. Only a hint: who is not in
 * here and has a limit is found out by the accepting statement itself, and who is in here without one is accepted all the same.
 */
import { hashKey } from "../api-keys/key-format.ts";
import type { Submitter } from "./accept-item.ts";

const MAX_REMEMBERED = 10_000;

/** Keys are remembered by their hashes, never by their text. */
function nameOf(submitter: Submitter): string {
  return submitter.kind === "key" ? Buffer.from(hashKey(submitter.token)).toString("latin1") : submitter.scope.orgId;
}

export class LimitedCallers {
  /** The organization by the caller's name. */
  private readonly orgIds = new Map<string, string>();

  has(submitter: Submitter): boolean {
    return this.orgIds.size > 0 && this.orgIds.has(nameOf(submitter));
  }

  /** The caller's organization; undefined when the caller has been forgotten meanwhile. */
  orgIdOf(submitter: Submitter): string | undefined {
    return this.orgIds.get(nameOf(submitter));
  }

  add(submitter: Submitter, orgId: string): void {
    this.orgIds.set(nameOf(submitter), orgId);
    // the first of a Map is the one that was added first
    if (this.orgIds.size > MAX_REMEMBERED) this.orgIds.delete(this.orgIds.keys().next().value!);
  }

  forget(submitter: Submitter): void {
    this.orgIds.delete(nameOf(submitter));
  }
}
