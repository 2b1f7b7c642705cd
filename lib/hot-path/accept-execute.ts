/**
 * What is done with a batch of submissions: its statements, and what each request is told. There are two ways. The common one is a single
 * statement that locks nothing of an organization's; it leaves out requests of organizations with a limit, and says so. Those go the limited
 * way: a transaction that first locks the windows of their organizations, so that however many processes accept, they count one after another.
 */
import { touchKey } from "../api-keys/last-used-store.ts";
import { type RateLimit } from "../limits/rate-limit.ts";
import { wakeWorkers } from "../wake.ts";
import { type Item, toBatch } from "./accept-item.ts";
import { lockWindowsQuery } from "./accept-limits-sql.ts";
import { alreadyAcceptedQuery, lookUpQuery } from "./accept-again-sql.ts";
import { acceptQuery, type AnswerRow } from "./accept-sql.ts";
import { type BatchConnection, OutcomeUnknown } from "./batch-connection.ts";

/** Asking again: the owner of an idempotency key may have gone between two statements, and a first limit may have come. */
const MAX_TRIES = 3;

/** A request whose organization has a limit. */
export type Limited = { item: Item; orgId: string };

/** Told of requests as soon as it is known whether their organizations have a limit. */
export type LimitWatcher = {
  /** They have one, and are not settled. */
  limited(requests: readonly Limited[]): void;
  /** It has none (any more). */
  unlimited(item: Item): void;
};

/** Settles what was accepted when it was sent before, and returns the others. */
async function settleAccepted(connection: BatchConnection, items: Item[]): Promise<Item[]> {
  const { groups, rows } = toBatch(items);
  const already = await connection.query<[number]>(alreadyAcceptedQuery(groups, rows));
  const accepted = new Set(already.rows.map(([n]) => items[n - 1]!));
  for (const item of accepted) item.resolve({ outcome: "accepted", runId: item.runId, replayed: false });
  return items.filter((item) => !accepted.has(item));
}

async function accept(
  connection: BatchConnection,
  items: readonly Item[],
  again: boolean,
  lockedOrgIds?: readonly string[],
): Promise<AnswerRow[]> {
  const { groups, rows } = toBatch(items);
  const careful = rows.some((row) => row.idempotencyKey !== null || row.tags !== null);
  const way = lockedOrgIds ? "limited" : careful ? "careful" : "plain";
  const query = acceptQuery({ way, again }, groups, rows, lockedOrgIds);
  const { rows: answers } = await connection.query<AnswerRow>(query);
  if (answers.length !== items.length) throw new Error(`${items.length} requests got ${answers.length} answers`);
  return answers;
}

function rateLimitOf([, , , , , , limit, remaining, resetsAt, retryAfterSeconds]: AnswerRow): RateLimit | undefined {
  if (limit === null || limit === undefined) return undefined;
  return { limit, remaining: remaining!, resetsAt: resetsAt!, retryAfterSeconds: retryAfterSeconds! };
}

type Settled = { limited: Limited[]; ownerless: Item[] };

/** Tells every request what became of it. Returns those that have a limit, and those whose idempotency key was taken and has no owner any more. */
async function settle(connection: BatchConnection, items: Item[], answers: readonly AnswerRow[]): Promise<Settled> {
  const open: AnswerRow[] = [];
  const limited: AnswerRow[] = [];
  for (const answer of answers) {
    const [n, outcome, keyId, orgId, , newMarks] = answer;
    if (newMarks) wakeWorkers();
    if (keyId !== null && orgId !== null) touchKey(keyId, orgId);
    const item = items[n - 1]!;
    const rateLimit = rateLimitOf(answer);
    if (outcome === "limited") limited.push(answer);
    else if (outcome === "look_up" || outcome === "look_up_version") open.push(answer);
    else if (outcome === "accepted") item.resolve({ outcome, runId: item.runId, replayed: false, rateLimit });
    else item.resolve({ outcome, rateLimit });
  }
  return {
    limited: limited.length > 0 ? withOrganizations(items, limited) : [],
    ownerless: open.length > 0 ? await lookUp(connection, items, open) : [],
  };
}

/** Only the first request of a group is answered with its organization. */
function withOrganizations(items: readonly Item[], limited: readonly AnswerRow[]): Limited[] {
  const named = limited.flatMap(([n, , , orgId]) => (orgId === null ? [] : [[items[n - 1]!.groupKey, orgId] as const]));
  const orgIds = new Map(named);
  return limited.map(([n]) => {
    const item = items[n - 1]!;
    return { item, orgId: orgIds.get(item.groupKey)! };
  });
}

/** Settles requests whose idempotency key was taken: by an equal request, or by another. A second statement sees who won a race. */
async function lookUp(connection: BatchConnection, items: Item[], open: AnswerRow[]): Promise<Item[]> {
  const keys = open.map(([n, , , orgId, environmentId]) => ({
    orgId: orgId!,
    environmentId: environmentId!,
    idempotencyKey: items[n - 1]!.idempotencyKey!,
  }));
  const { rows } = await connection.query<[number, Buffer, string]>(lookUpQuery(keys));
  const owners = new Map(rows.map(([k, hash, runId]) => [k, { hash, runId }]));

  const ownerless: Item[] = [];
  for (const [k, answer] of open.entries()) {
    const [n, outcome] = answer;
    const item = items[n - 1]!;
    const rateLimit = rateLimitOf(answer);
    const owner = owners.get(k + 1);
    if (!owner && outcome === "look_up_version") item.resolve({ outcome: "engine_version_unavailable", rateLimit });
    else if (!owner) ownerless.push(item);
    else if (!owner.hash.equals(item.requestHash!)) item.resolve({ outcome: "reused", rateLimit });
    else {
      const replayed = owner.runId !== item.runId;
      item.resolve({ outcome: "accepted", runId: owner.runId, replayed, rateLimit });
    }
  }
  return ownerless;
}

function checkTries(tries: number): void {
  if (tries > MAX_TRIES)
    throw new Error("requests could be neither accepted nor refused, however often they were sent");
}

/** The common way: settles every request but those that it hands to `watcher`, last of all. */
export async function executeUnlimited(
  connection: BatchConnection,
  batch: Item[],
  again: boolean,
  watcher: LimitWatcher,
): Promise<void> {
  const moved: Limited[] = [];
  let items = again ? await settleAccepted(connection, batch) : batch;
  for (let tries = 1; items.length > 0; tries++) {
    checkTries(tries);
    const answers = await accept(connection, items, again || tries > 1);
    const { limited, ownerless } = await settle(connection, items, answers);
    moved.push(...limited);
    items = ownerless.length > 0 ? await settleAccepted(connection, ownerless) : [];
  }
  if (moved.length > 0) watcher.limited(moved);
}

/** The limited way: settles every request, those of organizations without a limit too. */
export async function executeLimited(
  connection: BatchConnection,
  batch: Item[],
  again: boolean,
  watcher: LimitWatcher,
): Promise<void> {
  let open = batch;
  for (let tries = 1; open.length > 0; tries++) {
    checkTries(tries);
    const { items, answers } = await withWindowsLocked(connection, open, again || tries > 1);
    for (const answer of answers) {
      const isUnlimited = answer[1] !== "limited" && answer[1] !== "unauthorized" && rateLimitOf(answer) === undefined;
      if (isUnlimited) watcher.unlimited(items[answer[0] - 1]!);
    }
    const { limited, ownerless } = await settle(connection, items, answers);
    // A limit that was set between the lock and the statement has a window now.
    open = [...limited.map(({ item }) => item), ...ownerless];
  }
}

async function withWindowsLocked(connection: BatchConnection, batch: Item[], again: boolean) {
  await connection.query({ name: "accept-begin", text: "begin", rowMode: "array" });
  try {
    const locked = await connection.query<[string]>(lockWindowsQuery(toBatch(batch).groups));
    // After the lock, so that what is being committed at this moment is seen.
    const items = again ? await settleAccepted(connection, batch) : batch;
    const lockedOrgIds = locked.rows.map(([orgId]) => orgId);
    const answers = items.length > 0 ? await accept(connection, items, again, lockedOrgIds) : [];
    await connection.query({ name: "accept-commit", text: "commit", rowMode: "array" });
    return { items, answers };
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) {
      await connection.query({ name: "accept-rollback", text: "rollback", rowMode: "array" });
    }
    throw error;
  }
}
