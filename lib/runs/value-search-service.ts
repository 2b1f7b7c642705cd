/**
 * Searching runs by a value of their payload. Nothing is indexed by payloads, so runs are looked through, newest first: at most 100,000 of
 * at most seven days. Each call looks through a part, for as long as a second lets it, and says how far it is and where to go on.
 * What is searched for is somebody's data: it stands in the body of the request and in no log.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { type EnvironmentScope, type OrgScope, type Principal, requirePermission } from "../auth/principal.ts";
import { ApiError, invalidField } from "../errors.ts";
import { isTooLargeToParse } from "../http/parsed-size.ts";
import { isId } from "../ids.ts";
import { DAY_MS, toIso } from "../time.ts";
import type { RunFilter } from "./filter-store.ts";
import { countRuns, findRunIds, findRuns } from "./list-store.ts";
import { mayReadPayloads, toRunSummary } from "./service.ts";
import { fitsQuery, parseValueQuery, SEARCH_ROOTS, textsOfQuery, type ValueQuery } from "./value-query.ts";
import { MAX_SEARCH_DAYS, MAX_SEARCHED_RUNS, type RunSearch, type SearchRuns } from "./value-search-schema.ts";
import { isTimeout, payloadSizes, payloadsWith, type SearchConnection, withSearchLock } from "./value-search-store.ts";
import { withSearchPlace } from "./search-places.ts";

/** One call looks through runs for so long, and finds so many. */
const SLICE_MS = 700;
const MAX_MATCHES = 100;
/** Runs and bytes of one look: what is in memory at a time. */
const LOOK = 500;
const LOOK_BYTES = 4 << 20;
/** After so long with payloads, whatever else this process has to do comes first. */
const TURN_MS = 5;

/** Where a search stands: it goes on with runs before this one. */
const PositionSchema = z.strictObject({
  before: z.string().refine(isId),
  scanned: z.int().min(0).max(MAX_SEARCHED_RUNS),
  of: z.int().min(0),
  since: z.int().min(0),
  limited: z.boolean(),
});
type Position = Omit<z.infer<typeof PositionSchema>, "before"> & { before: string | undefined };

function positionOf(cursor: string): Position {
  try {
    return PositionSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    // Whatever it was, it was not made by cursorOf.
    throw invalidField("cursor", "is not a cursor of a search");
  }
}

const cursorOf = (position: Position) => Buffer.from(JSON.stringify(position)).toString("base64url");

const searcherOf = ({ orgId, principal }: { orgId: string; principal: Principal }): string => {
  if (principal.kind === "session") return `${orgId} user ${principal.userId}`;
  return principal.kind === "environment_key" ? `key ${principal.keyId}` : `${orgId} ${principal.name}`;
};

const timeOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

type Search = {
  scope: OrgScope | EnvironmentScope;
  filter: RunFilter;
  query: ValueQuery;
  position: Position;
  signal: AbortSignal;
};

async function begin(db: SearchConnection, search: Search): Promise<Position> {
  const fitting = await countRuns(search.scope, search.filter, MAX_SEARCHED_RUNS + 1, db);
  const of = Math.min(fitting, MAX_SEARCHED_RUNS);
  return { ...search.position, of, limited: fitting > MAX_SEARCHED_RUNS };
}

/** The first ids whose payloads have so many bytes together: at least one. */
function takeBytes(ids: readonly string[], sizes: ReadonlyMap<string, number>): string[] {
  let bytes = 0;
  const end = ids.findIndex((id) => (bytes += sizes.get(id) ?? 0) > LOOK_BYTES);
  return ids.slice(0, end < 0 ? ids.length : Math.max(end, 1));
}

/** What fits among these runs, newest first, and those that were looked at: where the time is over, the first of them, at least one. */
async function matchesAmong(
  db: SearchConnection,
  { scope, query }: Search,
  ids: readonly string[],
  isOver: () => boolean,
): Promise<{ found: string[]; looked: readonly string[] }> {
  const kind = SEARCH_ROOTS[query.root];
  const payloads = await payloadsWith(db, scope.orgId, ids, kind, textsOfQuery(query));
  const bodies = new Map(payloads.map(({ runId, body }) => [runId, body]));
  const found: string[] = [];
  let turnEnds = Date.now() + TURN_MS;
  for (const [index, id] of ids.entries()) {
    const body = bodies.get(id);
    // One that cannot be shown as objects fits nothing: to look into it would end this process.
    if (body === undefined || isTooLargeToParse(body)) continue;
    if (fitsQuery(body, query)) found.push(id);
    if (Date.now() < turnEnds) continue;
    await nextTurn();
    if (isOver()) return { found, looked: ids.slice(0, index + 1) };
    turnEnds = Date.now() + TURN_MS;
  }
  return { found, looked: ids };
}

type Slice = { position: Position; matches: string[]; done: boolean };

/** Looks through runs until the time is over, enough is found, nothing is left, or the caller has gone. */
async function lookThrough(db: SearchConnection, search: Search, slice: Slice): Promise<void> {
  const until = Date.now() + SLICE_MS;
  const { scope, filter, query, signal } = search;
  const isOver = () => signal.aborted || Date.now() >= until || slice.matches.length >= MAX_MATCHES;
  while (!slice.done && !isOver()) {
    const { before, scanned } = slice.position;
    const limit = Math.min(LOOK, MAX_SEARCHED_RUNS - scanned);
    const ids = await findRunIds(scope, { ...filter, beforeId: before }, limit, db);
    const sizes = await payloadSizes(db, scope.orgId, ids, SEARCH_ROOTS[query.root]);
    for (let rest = ids; rest.length > 0 && !isOver();) {
      const look = takeBytes(rest, sizes);
      const { found, looked } = await matchesAmong(db, search, look, isOver);
      slice.matches.push(...found);
      rest = rest.slice(looked.length);
      const { position } = slice;
      slice.position = { ...position, before: looked.at(-1), scanned: position.scanned + looked.length };
      if (rest.length === 0) slice.done = ids.length < limit || slice.position.scanned >= MAX_SEARCHED_RUNS;
    }
    if (ids.length === 0) slice.done = true;
  }
}

async function searchSlice(db: SearchConnection, search: Search): Promise<Slice> {
  const slice: Slice = { position: search.position, matches: [], done: false };
  try {
    if (search.position.before === undefined) slice.position = await begin(db, search);
    await lookThrough(db, search, slice);
  } catch (error) {
    if (!isTimeout(error)) throw error;
    // What was seen before the timeout counts; where that is nothing, going on at once would not help.
    if (slice.position.scanned === search.position.scanned) {
      throw new ApiError("overloaded", "The database is too busy to be searched now", {
        retryAfterSeconds: 5,
        cause: error,
      });
    }
  }
  return slice;
}

function toSearch(scope: OrgScope | EnvironmentScope, asked: SearchRuns, signal: AbortSignal): Search {
  const { query, problem } = parseValueQuery(asked.query);
  if (!query) throw invalidField("query", problem);
  const createdBeforeMs = timeOf(asked.created_before);
  // There are no runs of the future: an end that lies there must not take the window with it.
  const end = Math.min(createdBeforeMs ?? Infinity, Date.now());
  const since = Math.max(timeOf(asked.created_after) ?? 0, end - MAX_SEARCH_DAYS * DAY_MS);
  const start = { before: undefined, scanned: 0, of: 0, since, limited: false };
  const position = asked.cursor === undefined ? start : positionOf(asked.cursor);
  // Whatever a cursor says, the window is no wider than it may be: what leaves it while a search lasts is not looked at.
  position.since = Math.max(position.since, since);
  const filter = {
    statuses: asked.status && [...new Set(asked.status)],
    engineSlug: asked.engine,
    version: asked.version,
    tag: asked.tag,
    createdAfterMs: position.since,
    createdBeforeMs,
  };
  return { scope, filter, query, position, signal };
}

/**
 * Looks through a part of the scope's runs. Throws 403 without `payloads:read`, 400 that names `query` or `cursor`, 429 `rate_limited`
 * while another search of the caller is under way, and 503 `overloaded`.
 */
export async function searchRuns(
  scope: OrgScope | EnvironmentScope,
  asked: SearchRuns,
  signal: AbortSignal,
): Promise<RunSearch> {
  requirePermission(scope, "runs:read");
  requirePermission(scope, "payloads:read");
  const search = toSearch(scope, asked, signal);
  const slice = await withSearchPlace(scope.orgId, () =>
    withSearchLock(searcherOf(scope), (db) => searchSlice(db, search)),
  );
  if (!slice) throw new ApiError("rate_limited", "Another search of yours is under way", { retryAfterSeconds: 1 });
  const { position, matches, done } = slice;
  const rows = matches.length === 0 ? [] : await findRuns(scope, { ids: matches }, matches.length);
  return {
    matches: rows.map((row) => toRunSummary(row, mayReadPayloads(scope))),
    scanned: position.scanned,
    of: Math.max(position.of, position.scanned),
    since: toIso(new Date(position.since)),
    limited: position.limited,
    done,
    next_cursor: done ? null : cursorOf(position),
  };
}
