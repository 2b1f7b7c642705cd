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
  private readonly names = new Set<string>();

  has(submitter: Submitter): boolean {
    return this.names.size > 0 && this.names.has(nameOf(submitter));
  }

  add(submitter: Submitter): void {
    this.names.add(nameOf(submitter));
    // the first of a Set is the one that was added first
    if (this.names.size > MAX_REMEMBERED) this.names.delete(this.names.values().next().value!);
  }

  forget(submitter: Submitter): void {
    this.names.delete(nameOf(submitter));
  }
}
