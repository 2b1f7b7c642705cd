/**
 * Reading a run, for programs that wait for their result: requests that come together are answered by one statement, as in acceptance, and
 * it joins the keys by their hashes, so that a revoked key is refused by the next request on any process.
 *
 * The answer is put together as text: the engine's output is passed on as it was stored, and never parsed on the way.
 */
import { invalidKey } from "../api-keys/bearer.ts";
import { hashKey } from "../api-keys/key-format.ts";
import { touchKey } from "../api-keys/last-used-store.ts";
import { pool } from "../db.ts";
import { withoutQuotes } from "../engines/run-errors.ts";
import { ApiError, notFound, overloaded } from "../errors.ts";
import { type PacedBody, pacedBody } from "../http/paced-body.ts";
import { isId } from "../ids.ts";
import { payloadBudget } from "../runs/payload-store.ts";
import { BatchConnection } from "./batch-connection.ts";
import { Batcher, type BatchItem } from "./batcher.ts";
import { byteaArray, int4Array, uuidArray } from "../binary-array.ts";

const CONNECTIONS = 2;
/** Outputs up to this size come with the batch; larger ones are fetched one by one, where there is room for them. */
const MAX_BATCHED_OUTPUT = 32 << 10;
const NO_RUN = "00000000-0000-0000-0000-000000000000";

// Output is null where there is none yet, and where it is too large: then its size is not.
const READ = `
select q.n, k.id, k.org_id, 'runs:read' = any (k.scopes), r.id, r.status, e.slug, e.id, en.slug, v.major || '.' || v.minor,
  r.created_at, r.started_at, r.completed_at, r.degradation_reason,
  case when octet_length(o.body) <= ${MAX_BATCHED_OUTPUT} then o.body end, octet_length(o.body), array_to_json(r.tags), r.error_code
from unnest($1::int4[], $2::uuid[]) with ordinality as q (group_n, run_id, n)
join unnest($3::bytea[]) with ordinality as g (hash, n) on g.n = q.group_n
join api_key k on k.hash = g.hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
join environment e on e.org_id = k.org_id and e.id = k.environment_id and e.deleted_at is null
join organization org on org.id = k.org_id and org.deleted_at is null
left join run r on r.org_id = k.org_id and r.id = q.run_id and r.environment_id = k.environment_id
left join engine en on en.org_id = r.org_id and en.id = r.engine_id
left join engine_version v on v.org_id = r.org_id and v.id = r.engine_version_id
left join run_payload o on o.org_id = r.org_id and o.run_id = r.id and o.kind = 'output'`;

// Everything as the server writes it: most of it goes out again as text.
type Row = [
  n: string,
  keyId: string,
  orgId: string,
  mayRead: "t" | "f",
  id: string | null,
  status: string,
  environment: string,
  environmentId: string,
  engine: string,
  engineVersion: string,
  createdAt: string,
  startedAt: string | null,
  completedAt: string | null,
  degradationReason: string | null,
  output: string | null,
  outputBytes: string | null,
  tags: string | null,
  errorCode: string | null,
];
const AS_TEXT = { getTypeParser: () => (text: string) => text };

type Item = BatchItem & { token: string; runId: string; resolve(row: Row | null): void };

async function execute(connection: BatchConnection, items: Item[]): Promise<void> {
  const hashes: Uint8Array[] = [];
  const indexes = new Map<string, number>();
  const groups = items.map(({ token }) => {
    let index = indexes.get(token);
    if (index === undefined) {
      index = hashes.push(hashKey(token));
      indexes.set(token, index);
    }
    return index;
  });
  const { rows } = await connection.query<Row>({
    name: "read-runs",
    text: READ,
    rowMode: "array",
    types: AS_TEXT as never,
    values: [int4Array(groups), uuidArray(items.map((item) => item.runId)), byteaArray(hashes)],
  });
  const found = Array.from<Row | null>({ length: items.length }).fill(null);
  for (const row of rows) found[Number(row[0]) - 1] = row;
  for (const [index, item] of items.entries()) item.resolve(found[index]!);
}

/** `2026-11-21 10:45:00.12+00` as `2026-11-21T10:45:00.120Z`: the session's time zone is UTC. */
function isoOf(text: string): string {
  const time = text.slice(11, -3);
  return `${text.slice(0, 10)}T${time.length === 8 ? `${time}.` : time}${"000".slice(Math.max(0, time.length - 9))}Z`;
}

function timesOf(createdAt: string, startedAt: string | null, completedAt: string | null): string {
  const started = startedAt === null ? null : isoOf(startedAt);
  const completed = completedAt === null ? null : isoOf(completedAt);
  let text = `"created_at":"${isoOf(createdAt)}"`;
  if (started !== null) text += `,"started_at":"${started}"`;
  if (completed !== null) text += `,"completed_at":"${completed}"`;
  if (started !== null && completed !== null) {
    text += `,"duration_ms":${Math.max(0, Date.parse(completed) - Date.parse(started))}`;
  }
  return text;
}

/** A run that has ended by its engine has had an output: where there is none, retention has taken it. */
function resultWithoutOutput(status: string, errorCode: string | null): string {
  if (status === "PENDING" || status === "RUNNING" || status === "CANCELED") return "{}";
  const error = errorCode === null ? {} : { error: withoutQuotes({ code: errorCode }) };
  return JSON.stringify({ ...error, payloads_removed: true });
}

/** Slugs, ids, versions and statuses need no escaping: their shapes have no quote. */
function headOf(row: Row): string {
  const [, , , , id, status, environment, environmentId, engine, version, createdAt, startedAt, completedAt, reason] =
    row;
  const tags = row[16];
  return (
    `{"run_id":"${id}","status":"${status}","environment":"${environment}","environment_id":"${environmentId}",` +
    `"engine":"${engine}","engine_version":"${version}",${timesOf(createdAt, startedAt, completedAt)}` +
    (tags === null ? "" : `,"tags":${tags}`) +
    (reason === null ? "" : `,"degradation_reason":${JSON.stringify(reason)}`)
  );
}

// The stored result is an object's JSON text: its members stand behind the others as they are.
function toJson(row: Row, output: string | null): string {
  const result = (output ?? resultWithoutOutput(row[5], row[17])).trim().slice(1);
  return result === "}" ? `${headOf(row)}}` : `${headOf(row)},${result}`;
}

/** A run with a large output: it counts from before it is fetched until the caller has taken it. */
async function readLarge(row: Row, orgId: string, bytes: number, isGone: () => boolean): Promise<string | PacedBody> {
  const release = await payloadBudget().take(orgId, bytes);
  try {
    if (isGone()) throw overloaded();
    const { rows } = await pool().query<{ body: string }>(
      "select body from run_payload where org_id = $1 and run_id = $2 and kind = 'output'",
      [orgId, row[4]],
    );
    if (isGone()) throw overloaded();
    if (rows[0]) return pacedBody([Buffer.from(toJson(row, rows[0].body))], release);
  } catch (error) {
    release();
    throw error;
  }
  release();
  return toJson(row, null);
}

const slot = globalThis as { [key: symbol]: Batcher<BatchConnection, Item> | undefined };
const KEY = Symbol.for("nexio.read");

function batcher(): Batcher<BatchConnection, Item> {
  return (slot[KEY] ??= new Batcher(
    Array.from({ length: CONNECTIONS }, (_, n) => new BatchConnection(`read-${n + 1}`)),
    execute,
  ));
}

/**
 * The JSON text of a run, for whoever has this key; a large one as a body. Throws 401, 403, 404 for what is not in the key's environment, and
 * 503 while the database is away or too many large ones are on their way; or where `isGone` says that nobody waits for it any more.
 */
export async function readRun(
  token: string,
  id: string,
  isGone: () => boolean = () => false,
): Promise<string | PacedBody> {
  const row = await new Promise<Row | null>((resolve, reject) => {
    batcher().add({ token, runId: isId(id) ? id : NO_RUN, bytes: 0, resolve, reject });
  });
  if (!row) throw invalidKey();
  const [, keyId, orgId, mayRead, found] = row;
  touchKey(keyId, orgId);
  if (mayRead !== "t") throw new ApiError("forbidden", "This needs the permission runs:read");
  if (found === null) throw notFound("Run");
  const [output, outputBytes] = [row[14], row[15]];
  if (output === null && outputBytes !== null) return readLarge(row, orgId, Number(outputBytes), isGone);
  return toJson(row, output);
}

/** Connects ahead of the first request. */
export function openReading(): void {
  batcher();
}

/** Finishes what waits and closes the connections; for shutdown. */
export async function closeReading(): Promise<void> {
  await slot[KEY]?.close();
  slot[KEY] = undefined;
}
