/**
 * Runs as they change, for whoever looks at a list: one poll an environment a process feeds any number of viewers.
 *
 * Polling, not LISTEN: a poll reads what is there, so that nothing can be missed by being disconnected for a moment, and connection
 * poolers and distributed databases do no harm. It goes on only while somebody looks.
 */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { isDatabaseAway } from "../db.ts";
import { ApiError } from "../errors.ts";
import { loggerFor } from "../logger.ts";
import { findChanges, isScopeOpen, type RunRow } from "./list-store.ts";
import type { RunSummaryDto } from "./schema.ts";
import { mayReadPayloads, toRunSummary } from "./service.ts";
import { isTerminal } from "./transitions.ts";

const POLL_EVERY_MS = 500;
/** Runs read by one poll: more than a page shows, so that what scrolls by too fast to be read is not read. */
const NEWEST = 100;
/** Runs that have not ended and are watched until they do. */
const MAX_OPEN = 500;
const MAX_VIEWERS = 1_000;

const log = loggerFor("live-feed");

/** Hears of new and changed runs, newest first; `closed` when there will be no more, as after the deletion of the environment or organization. */
export type Viewer = { changed(runs: RunSummaryDto[]): void; closed(): void };

const stateOf = (row: RunRow) => `${row.status} ${row.started_at?.getTime()} ${row.completed_at?.getTime()}`;

class Feed {
  private readonly scope: OrgScope | EnvironmentScope;
  /** Each with whether it may read payloads: one feed is shared by viewers of different rights. */
  readonly viewers = new Map<Viewer, boolean>();
  private timer: NodeJS.Timeout | undefined;
  /** State by run, as it was last seen: of recent runs and of those that have not ended. */
  private seen = new Map<string, string>();
  private open: string[] = [];
  private newestMs = 0;
  private baseline: Promise<void> | undefined;

  constructor(scope: OrgScope | EnvironmentScope) {
    this.scope = scope;
  }

  /** Resolves when everything that happens from now on will be told. */
  start(): Promise<void> {
    return (this.baseline ??= this.look().then(() => this.next()));
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private next(): void {
    if (this.viewers.size === 0) return;
    this.timer = setTimeout(() => void this.poll(), POLL_EVERY_MS);
  }

  private async poll(): Promise<void> {
    try {
      if (!(await isScopeOpen(this.scope))) return this.close();
      const changed = await this.look();
      if (changed.length > 0) this.tell(changed);
    } catch (error) {
      log[isDatabaseAway(error) ? "debug" : "error"]({ err: error }, "changes of runs could not be read");
    }
    this.next();
  }

  /** Tells every viewer that it is over. */
  close(): void {
    for (const viewer of this.viewers.keys()) viewer.closed();
  }

  private tell(changed: readonly RunRow[]): void {
    const rights = new Set(this.viewers.values());
    const runs = new Map([...rights].map((mayRead) => [mayRead, changed.map((row) => toRunSummary(row, mayRead))]));
    for (const [viewer, mayRead] of this.viewers) viewer.changed(runs.get(mayRead)!);
  }

  /** Reads what is new or was open, remembers it, and returns what differs from last time. */
  private async look(): Promise<RunRow[]> {
    const rows = await findChanges(this.scope, this.newestMs, this.open, NEWEST);
    const changed = rows.filter((row) => this.seen.get(row.id) !== stateOf(row));
    this.seen = new Map(rows.map((row) => [row.id, stateOf(row)]));
    this.open = rows
      .filter((row) => !isTerminal(row.status))
      .slice(0, MAX_OPEN)
      .map((row) => row.id);
    for (const row of rows) this.newestMs = Math.max(this.newestMs, row.created_at.getTime());
    return changed;
  }
}

type Feeds = Map<string, Feed>;
const slot = globalThis as { [key: symbol]: Feeds | undefined };
const KEY = Symbol.for("nexio.live-feeds");
const feeds = (): Feeds => (slot[KEY] ??= new Map());

/**
 * Adds a viewer of an environment's runs, or of the organization's. Resolves, when everything from then on will be told, with how to
 * stop. Throws 503 `overloaded` when too many look already.
 */
export async function watchRuns(scope: OrgScope | EnvironmentScope, viewer: Viewer): Promise<() => void> {
  const all = feeds();
  if ([...all.values()].reduce((count, feed) => count + feed.viewers.size, 0) >= MAX_VIEWERS) {
    throw new ApiError("overloaded", "Too many pages are being kept up to date", { retryAfterSeconds: 30 });
  }
  const key = `${scope.orgId} ${"environmentId" in scope ? scope.environmentId : "all"}`;
  const feed = all.get(key) ?? new Feed(scope);
  all.set(key, feed);
  feed.viewers.set(viewer, mayReadPayloads(scope));
  const leave = () => {
    feed.viewers.delete(viewer);
    if (feed.viewers.size > 0) return;
    feed.stop();
    if (all.get(key) === feed) all.delete(key);
  };
  try {
    await feed.start();
  } catch (error) {
    leave();
    throw error;
  }
  return leave;
}

/** Tells every viewer that it is over; for shutdown. */
export function closeLiveFeeds(): void {
  for (const feed of feeds().values()) feed.close();
}
