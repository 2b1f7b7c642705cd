/**
 * Turns by organization: who may use one of a few children next. An organization uses one at a time and they take turns, so that one with much
 * to check, or with checks that hang, holds up nobody but itself.
 */
import { ApiError, overloaded } from "../errors.ts";

export type Turns = {
  /** Counts a check of the organization as there, until the function given back is called. Throws 503 when too many are. */
  admit(orgId: string): () => void;
  /**
   * Waits for a turn, which lasts until the function given back is called. `isNext`: before the organization's other checks. Throws 503 where `gone`
   * is aborted before: nobody waits in the place of somebody who does not wait any more.
   */
  take(orgId: string, isNext: boolean, gone?: AbortSignal): Promise<() => void>;
};

export type TurnsOptions = {
  /** Turns at the same time; two organizations with checks that hang hold two. */
  slots: number;
  /** Checks of one organization that may be there at once, the one whose turn it is included. */
  maxChecks: number;
  /** What the 503 says when there are more. */
  tooMany?: string;
};

const RETRY_AFTER_SECONDS = 5;

/** Makes an empty set of turns. */
export function createTurns({
  slots,
  maxChecks,
  tooMany = "Too many checks of this organization",
}: TurnsOptions): Turns {
  const checks = new Map<string, number>();
  // Organizations that wait, the one whose turn is longest ago first, and those whose turn it is.
  const waiting = new Map<string, (() => void)[]>();
  const active = new Set<string>();

  const next = () => {
    for (const [orgId, queue] of waiting) {
      if (active.size >= slots) return;
      if (active.has(orgId)) continue;
      const start = queue.shift()!;
      if (queue.length === 0) waiting.delete(orgId);
      active.add(orgId);
      start();
    }
  };
  return {
    admit(orgId) {
      const count = checks.get(orgId) ?? 0;
      if (count >= maxChecks) {
        throw new ApiError("overloaded", tooMany, { retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      checks.set(orgId, count + 1);
      return () => {
        const left = checks.get(orgId)! - 1;
        if (left > 0) checks.set(orgId, left);
        else checks.delete(orgId);
      };
    },
    async take(orgId, isNext, gone) {
      if (gone?.aborted) throw overloaded();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const queue = waiting.get(orgId) ?? [];
      const leave = () => {
        const place = queue.indexOf(resolve);
        if (place < 0) return;
        queue.splice(place, 1);
        if (queue.length === 0) waiting.delete(orgId);
        reject(overloaded());
      };
      gone?.addEventListener("abort", leave, { once: true });
      if (isNext) queue.unshift(resolve);
      else queue.push(resolve);
      waiting.set(orgId, queue);
      next();
      await promise.finally(() => gone?.removeEventListener("abort", leave));
      return () => {
        active.delete(orgId);
        // To the end, behind those whose turn was before.
        const rest = waiting.get(orgId);
        if (rest) {
          waiting.delete(orgId);
          waiting.set(orgId, rest);
        }
        next();
      };
    },
  };
}
