/**
 * Whose turn it is. Organizations take turns in the order of their ids; within one, live has three turns of four while
 * others wait, and the others take turns among themselves. All of it is kept in memory, by each worker for itself: a turn is
 * short, so that workers which do not know of each other are fair enough together.
 */
import type { ReadyMark } from "../hot-path/claim.ts";

/** Turns that live gets before another environment that waits gets one. */
const LIVE_TURNS = 3;
/** Organizations whose last turns are remembered; a forgotten one begins anew with live. */
const REMEMBERED_ORGANIZATIONS = 10_000;
const MARKS_PER_READ = 256;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/** What an organization's last turns were: how many live had in a row, and which other environment came last. */
export type LastTurns = { liveInARow: number; lastOther: string };

const NO_TURNS: LastTurns = { liveInARow: 0, lastOther: BEFORE_ALL };

/** Chooses among an organization's ready environments (at least one), and says what to remember. */
export function pickEnvironment(
  marks: readonly ReadyMark[],
  last: LastTurns = NO_TURNS,
): { mark: ReadyMark; last: LastTurns } {
  const live = marks.find((mark) => mark.isLive);
  const others = marks.filter((mark) => !mark.isLive).sort((a, b) => (a.environmentId < b.environmentId ? -1 : 1));
  if (live && (others.length === 0 || last.liveInARow < LIVE_TURNS)) {
    return { mark: live, last: { ...last, liveInARow: Math.min(LIVE_TURNS, last.liveInARow + 1) } };
  }
  const mark = others.find((other) => other.environmentId > last.lastOther) ?? others[0]!;
  return { mark, last: { liveInARow: 0, lastOther: mark.environmentId } };
}

/** An organization whose turn it is. `take` chooses one of its ready environments for which `may` holds, and counts the turn. */
export type Turn = { orgId: string; take(may?: (mark: ReadyMark) => boolean): ReadyMark | undefined };

export type Rotation = {
  /** The next organization in turn; null at the end of a round. The call after a null begins the next round. */
  next(): Promise<Turn | null>;
};

type ReadMarks = (afterOrgId: string, limit: number) => Promise<{ marks: ReadyMark[]; end: boolean }>;

/** A rotation over what `readMarks` reads, a page at a time. */
export function createRotation(readMarks: ReadMarks): Rotation {
  const lastTurns = new Map<string, LastTurns>();
  let waiting: ReadyMark[][] = [];
  let lastOrgId = BEFORE_ALL;
  let endSeen = false;

  function turnOf(marks: ReadyMark[]): Turn {
    const { orgId } = marks[0]!;
    return {
      orgId,
      take(may = () => true) {
        const ready = marks.filter(may);
        if (ready.length === 0) return undefined;
        const { mark, last } = pickEnvironment(ready, lastTurns.get(orgId));
        lastTurns.delete(orgId);
        lastTurns.set(orgId, last);
        if (lastTurns.size > REMEMBERED_ORGANIZATIONS) lastTurns.delete(lastTurns.keys().next().value!);
        return mark;
      },
    };
  }

  return {
    async next() {
      if (waiting.length === 0 && !endSeen) {
        const page = await readMarks(lastOrgId, MARKS_PER_READ);
        waiting = [...Map.groupBy(page.marks, (mark) => mark.orgId).values()];
        endSeen = page.end;
      }
      const marks = waiting.shift();
      if (!marks) {
        lastOrgId = BEFORE_ALL;
        endSeen = false;
        return null;
      }
      lastOrgId = marks[0]!.orgId;
      return turnOf(marks);
    },
  };
}
