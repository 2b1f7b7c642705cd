/** The children that a pool has: how many of each kind, which of them may be given something, and which are not needed any more. */
import type { Entry } from "./evaluator-entry.ts";
import { createLane, type Lane, type LaneEvents } from "./evaluator-lane.ts";

export type LanesOptions = {
  entry: string;
  memoryLimitBytes: number;
  /** Most children for everyone's quick runs, and most for runs that are set apart. */
  size: number;
  maxApart: number;
  /** A child that nobody needs ends after so long. */
  idleMs: number;
  events: LaneEvents;
};

export type Lanes = {
  readonly all: ReadonlySet<Lane>;
  count(kind: Lane["kind"], ...states: Lane["state"][]): number;
  /** How many there are that were not killed. */
  alive(kind: Lane["kind"]): number;
  start(kind: Lane["kind"]): void;
  /** One that has died. */
  remove(lane: Lane): void;
  /** An idle child for everyone's runs. */
  forShared(): Lane | undefined;
  /** An idle child for a run that is set apart; one that was used before is preferred, unless the run needs a new one. */
  forApart(entry: Entry): Lane | undefined;
  /** Starts children for runs that are set apart, as many as are wanted and may be; one that is idle makes room for a new one that is needed. */
  startApart(wanted: number, needsNewChild: boolean): void;
  /** A child for whoever comes next, unless there is one. */
  startSpare(): void;
  /** Kills a child that is idle and was not needed for long. */
  endUnneeded(lane: Lane, now: number): void;
  /** Whether nothing has to be watched: nothing runs, and there are no children but those that stay. */
  areAtRest(): boolean;
};

export function createLanes({ size, maxApart, idleMs, ...child }: LanesOptions): Lanes {
  const all = new Set<Lane>();
  const count: Lanes["count"] = (kind, ...states) =>
    [...all].filter((lane) => lane.kind === kind && states.includes(lane.state)).length;
  const alive: Lanes["alive"] = (kind) => count(kind, "starting", "idle", "busy");
  const idle = (kind: Lane["kind"]) => [...all].filter((lane) => lane.kind === kind && lane.state === "idle");
  const start: Lanes["start"] = (kind) => void all.add(createLane({ kind, ...child }));

  return {
    all,
    count,
    alive,
    start,
    remove: (lane) => void all.delete(lane),
    forShared: () => idle("shared")[0],
    forApart({ needsNewChild }) {
      const free = idle("apart");
      const unused = free.find((lane) => lane.isUnused);
      return needsNewChild ? unused : (free.find((lane) => !lane.isUnused) ?? unused);
    },
    startApart(wanted, needsNewChild) {
      let room = maxApart - alive("apart");
      const used = needsNewChild && room <= 0 ? idle("apart")[0] : undefined;
      if (used) {
        used.kill("unneeded");
        room += 1;
      }
      for (let n = 0; n < Math.min(wanted - count("apart", "starting"), room); n += 1) start("apart");
    },
    startSpare() {
      if (count("apart", "starting", "idle") === 0 && alive("apart") < maxApart) start("apart");
    },
    endUnneeded(lane, now) {
      const isSpare = lane.kind === "apart" || alive("shared") > size;
      if (isSpare && now - lane.idleSince > idleMs) lane.kill("unneeded");
    },
    areAtRest: () => alive("apart") === 0 && alive("shared") <= size && count("shared", "busy", "starting") === 0,
  };
}
