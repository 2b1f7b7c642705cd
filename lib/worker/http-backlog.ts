/** Whose runs were left where they are for want of a share: what claims leave out for a moment, and when the claimer is to look again. */
import type { Share } from "./shares.ts";

/** What a claim has just left is not looked at again before, because each look locks what it leaves; nor is the claimer woken more often. */
const LEFT_FOR_MS = 20;

export type HttpBacklog = {
  /** A claim found runs of this version in this environment and left them. */
  leave(share: Share): void;
  /** Whether a claim is to leave the version out: it was left just now, or has no share. Then the claimer is woken when that is over. */
  isBlocked(share: Share): boolean;
  /** Whether somebody in this environment wanted a share and now has one. */
  hasWork(environmentId: string): boolean;
  /** A share may have become free. */
  look(): void;
};

type Wanted = { share: Share; leftUntil: number };

/** `has`: whether there is a share now. `wake` is called when there is one for somebody who wants it, again and again until it is looked for. */
export function createHttpBacklog(has: (share: Share) => boolean, wake: () => void): HttpBacklog {
  // By environment, then by version. What is here was left or blocked, and is gone when a claim takes it in again.
  const wanting = new Map<string, Map<string, Wanted>>();
  let timer: NodeJS.Timeout | undefined;

  function want(share: Share, leftUntil: number): void {
    const ofEnvironment = wanting.get(share.environmentId) ?? new Map<string, Wanted>();
    wanting.set(share.environmentId, ofEnvironment.set(share.targetId, { share, leftUntil }));
  }

  function forget({ environmentId, targetId }: Share): void {
    const ofEnvironment = wanting.get(environmentId);
    ofEnvironment?.delete(targetId);
    if (ofEnvironment?.size === 0) wanting.delete(environmentId);
  }

  const isReady = ({ share, leftUntil }: Wanted) => performance.now() >= leftUntil && has(share);
  const hasWork = (environmentId: string) => [...(wanting.get(environmentId)?.values() ?? [])].some(isReady);

  function look(): void {
    if (timer || ![...wanting.keys()].some(hasWork)) return;
    wake();
    lookLater();
  }

  function lookLater(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      look();
    }, LEFT_FOR_MS).unref();
  }

  return {
    leave(share) {
      want(share, performance.now() + LEFT_FOR_MS);
      lookLater();
    },
    isBlocked(share) {
      const wanted = wanting.get(share.environmentId)?.get(share.targetId) ?? { share, leftUntil: 0 };
      const blocked = !isReady(wanted);
      if (blocked) want(share, wanted.leftUntil);
      else forget(share);
      return blocked;
    },
    hasWork,
    look,
  };
}
