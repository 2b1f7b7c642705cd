/**
 * The statements of acceptance: one for a whole batch, of requests that share little or nothing.
 *
 * Requests of one key, engine and version are one group, and what does not depend on the body is asked once a group: key, scope,
 * environment, engine, version. The key is joined by its hash in the very statement that inserts, so that a revoked key is refused by the
 * next request on any process, at no round trip. Every request gets a row back; a missing one never means a refusal.
 *
 * A request without a body takes part as a probe: it is told what its key and engine are worth, and inserts nothing. That is how a bad
 * body with a revoked key gets 401 and not 400.
 */
import { countIn, STANDING, STANDING_JOINS, WINDOWS, WITHIN } from "./accept-limits-sql.ts";
import { byteaArray, int4Array, textArray, utf8Array, uuidArray } from "../binary-array.ts";
import type { RunSource } from "../generated/prisma/enums.ts";

/** What a batch was answered for a request. `limited`: its organization has a limit, and this statement does not count. `look_up`: its idempotency key is taken; who has it is read by lookUpQuery (accept-again-sql.ts), and where nobody has it any more the request is sent again (`look_up`) or has no version to run with (`look_up_version`). */
export type Outcome =
  | "accepted"
  | "unauthorized"
  | "forbidden"
  | "engine_not_found"
  | "engine_version_unavailable"
  | "limited"
  | "rate_limited"
  | "look_up"
  | "look_up_version";

/** What requests have in common. Either the SHA-256 of a key, or an environment whose caller has been admitted already. */
export type Group = {
  hash: Uint8Array | null;
  orgId: string | null;
  environmentId: string | null;
  /** null: no engine can have this slug. */
  engineSlug: string | null;
  /** The version that the request itself asks for. */
  version: string | null;
  source: RunSource;
};

/** One request. Without `body` it is a probe. `requestHash` goes with `idempotencyKey`; `tags` are each there once. */
export type AcceptRow = {
  group: number;
  runId: string;
  body: Uint8Array | null;
  idempotencyKey: string | null;
  requestHash: Uint8Array | null;
  tags: readonly string[] | null;
};

/**
 * `careful`: with idempotency keys or tags. `limited`: with these too, and within the limits of organizations that have any. `again`: the ids may be inserted already, or at this moment, by the same statement sent before.
 */
export type StatementKind = { way: "plain" | "careful" | "limited"; again: boolean };

const NIL_UUID = "00000000-0000-0000-0000-000000000000";

const isCareful = ({ way }: StatementKind) => way !== "plain";
const isLimited = ({ way }: StatementKind) => way === "limited";

// The order of the cases is the order of refusals: 401, 403, 404; 409 comes last. That an organization has a limit costs those without one
// nothing: its row is read anyway.
const groups = (kind: StatementKind) => `
grp as materialized (
  select g.n, g.first_request, g.source, k.id as key_id, e.org_id, e.id as environment_id, e.kind = 'live' as is_live,
    en.id as engine_id, h.version_id,
    case
      when e.id is null or e.deleted_at is not null or o.deleted_at is not null then 'unauthorized'
      when g.hash is not null and (k.revoked_at is not null or k.expires_at <= now()) then 'unauthorized'
      when o.runs_per_minute is not null ${isLimited(kind) ? "and not o.id = any ($14::uuid[])" : ""} then 'limited'
      when g.hash is not null and not 'runs:write' = any (k.scopes) then 'forbidden'
      when en.id is null then 'engine_not_found'
      when h.version_id is null then 'engine_version_unavailable'
      else 'accepted'
    end as outcome
  from unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[]::run_source[], $7::int4[])
    with ordinality as g (hash, org_id, environment_id, slug, version, source, first_request, n)
  left join api_key k on k.hash = g.hash
  left join environment e on e.org_id = coalesce(k.org_id, g.org_id) and e.id = coalesce(k.environment_id, g.environment_id)
  left join organization o on o.id = e.org_id
  left join engine en on en.org_id = e.org_id and en.slug = g.slug
  left join engine_version_head h on h.org_id = en.org_id and h.engine_id = en.id
    and h.spec = coalesce(g.version, e.engine_pins ->> g.slug, e.pinned_engine_version, 'latest')
)`;

const request = (kind: StatementKind) => `
req as materialized (
  select r.n, r.run_id, r.body, ${isCareful(kind) ? "r.idempotency_key, r.request_hash, r.tags::text[] as tags," : ""}
    g.first_request, g.source, g.key_id, g.org_id, g.environment_id, g.is_live, g.engine_id, g.version_id, g.outcome
  from unnest($8::int4[], $9::uuid[], $10::text[] ${isCareful(kind) ? ", $11::text[], $12::bytea[], $13::text[]" : ""})
    with ordinality as r (group_n, run_id, body ${isCareful(kind) ? ", idempotency_key, request_hash, tags" : ""}, n)
  join grp g on g.n = r.group_n
)`;

// A key belongs to whoever inserts it first; a row older than 24 hours is anybody's again. In one batch the first request takes it.
// Rows are taken in one order everywhere, so that two processes cannot wait for each other.
const slots = (candidates: string) => `
slot as (
  insert into idempotency_key (org_id, environment_id, key, request_hash, run_id, created_at)
  select distinct on (org_id, environment_id, idempotency_key) org_id, environment_id, idempotency_key, request_hash, run_id, now()
  from ${candidates} where idempotency_key is not null
  order by org_id, environment_id, idempotency_key, n
  on conflict (org_id, environment_id, key) do update
    set request_hash = excluded.request_hash, run_id = excluded.run_id, created_at = excluded.created_at
    where idempotency_key.created_at <= now() - interval '24 hours'
  returning run_id
),
admitted as materialized (
  select * from ${candidates} where idempotency_key is null or run_id in (select run_id from slot)
)`;

const ACCEPTABLE = "select * from req where outcome = 'accepted' and body is not null";

/** What is inserted: `admitted`. */
const ADMISSION: Record<StatementKind["way"], string> = {
  plain: `
admitted as materialized (${ACCEPTABLE})`,
  careful: slots(`(${ACCEPTABLE}) acceptable`),
  limited: [WINDOWS, WITHIN, slots("within")].join(","),
};

const newTags = (again: boolean) => `
new_tag as (
  insert into run_tag (org_id, environment_id, tag, run_id)
  select org_id, environment_id, tag, run_id from admitted, unnest(tags) as tag
  ${again ? "on conflict (org_id, environment_id, tag, run_id) do nothing" : ""}
),`;

/** Of what is sent again, only what is new is counted. */
const counted = ({ again }: StatementKind) =>
  again ? "(select * from admitted where run_id in (select id from new_run)) inserted" : "admitted";

const inserts = (kind: StatementKind) => `
new_run as (
  insert into run (org_id, id, environment_id, engine_id, engine_version_id, key_id, source ${isCareful(kind) ? ", tags" : ""})
  select org_id, run_id, environment_id, engine_id, version_id, key_id, source ${isCareful(kind) ? ", tags" : ""} from admitted
  ${kind.again ? "on conflict (org_id, id) do nothing returning id" : ""}
),
new_payload as (
  insert into run_payload (org_id, run_id, kind, body)
  select org_id, run_id, 'input', body from admitted
  ${kind.again ? "on conflict (org_id, run_id, kind) do nothing" : ""}
),${isCareful(kind) ? newTags(kind.again) : ""}
new_usage as (
  insert into usage_delta (org_id, environment_id, engine_id, key_id, source, day, runs)
  select org_id, environment_id, engine_id, coalesce(key_id, '${NIL_UUID}'), source, (now() at time zone 'UTC')::date, count(*)
  from ${counted(kind)}
  group by org_id, environment_id, engine_id, key_id, source
)${isLimited(kind) ? `,${countIn(counted(kind))}` : ""}`;

// A mark that stands is held (key share) until this commits: workers delete only marks that nobody holds, so it outlives what is about to
// be committed. Where none stands, or a worker has just deleted it, a new one is inserted. Holding a mark serialises nobody.
const MARKS = `
marked as materialized (
  select distinct org_id, environment_id, is_live from admitted order by org_id, environment_id
),
standing as materialized (
  select m.org_id, m.environment_id from marked
  join ready_environment m on m.org_id = marked.org_id and m.environment_id = marked.environment_id
  for key share of m
),
new_mark as (
  insert into ready_environment (org_id, environment_id, is_live)
  select org_id, environment_id, is_live from marked
  where not exists (
    select from standing where standing.org_id = marked.org_id and standing.environment_id = marked.environment_id
  )
  order by org_id, environment_id
  on conflict (org_id, environment_id) do update set environment_id = excluded.environment_id where false
  returning 1
)`;

function outcome(kind: StatementKind): string {
  if (!isCareful(kind)) return "req.outcome";
  return `case
    ${isLimited(kind) ? RATE_LIMITED : ""}
    when req.idempotency_key is not null and req.body is not null and req.outcome in ('accepted', 'engine_version_unavailable')
      and not exists (select from admitted where admitted.n = req.n)
    then case req.outcome when 'accepted' then 'look_up' else 'look_up_version' end
    else req.outcome
  end`;
}

const RATE_LIMITED = `
    when req.outcome = 'accepted' and req.body is not null
      and req.n not in (select n from within) and req.n not in (select n from owned)
    then 'rate_limited'`;

/** One row a request: see AnswerRow. */
function statement(kind: StatementKind): string {
  const parts = [groups(kind), request(kind), ADMISSION[kind.way], inserts(kind), MARKS];
  return `with ${parts.join(",")}
select req.n::int4, ${outcome(kind)},
  case when req.n = req.first_request and req.outcome <> 'unauthorized' then req.key_id end,
  case when req.n = req.first_request ${isCareful(kind) ? "or req.idempotency_key is not null" : ""} then req.org_id end,
  ${isCareful(kind) ? "case when req.idempotency_key is not null then req.environment_id end" : "null"},
  case when req.n = 1 then (select count(*)::int4 from new_mark) end
  ${isLimited(kind) ? `, ${STANDING}` : ""}
from req
${isLimited(kind) ? STANDING_JOINS : ""}`;
}

/**
 * A row as it comes back: ordinal from 1, outcome; key and organization of a group with its first request; with a key: environment; new marks
 * with the first row. The rest of the limited statement only, null where there is no limit: see STANDING.
 */
export type AnswerRow = [
  n: number,
  outcome: Outcome,
  keyId: string | null,
  orgId: string | null,
  environmentId: string | null,
  newMarks: number | null,
  limit?: number | null,
  remaining?: number | null,
  resetsAt?: number | null,
  retryAfterSeconds?: number | null,
];

const nameOf = ({ way, again }: StatementKind) => `accept-${way}${again ? "-again" : ""}`;

const TEXTS = new Map<string, string>();
for (const way of ["plain", "careful", "limited"] as const)
  for (const again of [false, true]) TEXTS.set(nameOf({ way, again }), statement({ way, again }));

// A tag has neither quotes nor backslashes. A list of lists of different lengths is no array of PostgreSQL's, so each goes as a literal.
const arrayLiteral = (tags: readonly string[]) => `{${tags.map((tag) => `"${tag}"`).join(",")}}`;

/**
 * The prepared statement that accepts these requests. Its rows are AnswerRows. The limited way takes the organizations whose windows the
 * transaction has locked.
 */
export function acceptQuery(
  kind: StatementKind,
  groups: readonly Group[],
  rows: readonly AcceptRow[],
  lockedOrgIds: readonly string[] = [],
) {
  const first = Array.from<number>({ length: groups.length });
  for (let n = rows.length; n > 0; n--) first[rows[n - 1]!.group] = n;
  const name = nameOf(kind);
  return {
    name,
    text: TEXTS.get(name)!,
    rowMode: "array" as const,
    values: [
      byteaArray(groups.map((group) => group.hash)),
      uuidArray(groups.map((group) => group.orgId)),
      uuidArray(groups.map((group) => group.environmentId)),
      textArray(groups.map((group) => group.engineSlug)),
      textArray(groups.map((group) => group.version)),
      textArray(groups.map((group) => group.source)),
      int4Array(first),
      int4Array(rows.map((row) => row.group + 1)),
      uuidArray(rows.map((row) => row.runId)),
      utf8Array(rows.map((row) => row.body)),
      ...(isCareful(kind)
        ? [
            textArray(rows.map((row) => row.idempotencyKey)),
            byteaArray(rows.map((row) => row.requestHash)),
            textArray(rows.map((row) => row.tags && arrayLiteral(row.tags))),
          ]
        : []),
      ...(isLimited(kind) ? [uuidArray(lockedOrgIds)] : []),
    ],
  };
}
