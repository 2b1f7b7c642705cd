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
import { byteaArray, int4Array, textArray, utf8Array, uuidArray } from "./binary-array.ts";
import type { RunSource } from "../generated/prisma/enums.ts";

/** What a batch was answered for a request. `look_up`: its idempotency key is taken; who has it is read by lookUpQuery, and where nobody has it any more the request is sent again (`look_up`) or has no version to run with (`look_up_version`). */
export type Outcome =
  | "accepted"
  | "unauthorized"
  | "forbidden"
  | "engine_not_found"
  | "engine_version_unavailable"
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

/** `careful`: with idempotency keys or tags. `again`: the ids may be inserted already, or at this moment, by the same statement sent before. */
export type StatementKind = { careful: boolean; again: boolean };

const NIL_UUID = "00000000-0000-0000-0000-000000000000";

// The order of the cases is the order of refusals: 401, 403, 404; 409 comes last.
const GROUPS = `
grp as materialized (
  select g.n, g.first_request, g.source, k.id as key_id, e.org_id, e.id as environment_id, e.kind = 'live' as is_live,
    en.id as engine_id, h.version_id,
    case
      when e.id is null or e.deleted_at is not null or o.deleted_at is not null then 'unauthorized'
      when g.hash is not null and (k.revoked_at is not null or k.expires_at <= now()) then 'unauthorized'
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

const request = ({ careful }: StatementKind) => `
req as materialized (
  select r.n, r.run_id, r.body, ${careful ? "r.idempotency_key, r.request_hash, r.tags::text[] as tags," : ""}
    g.first_request, g.source, g.key_id, g.org_id, g.environment_id, g.is_live, g.engine_id, g.version_id, g.outcome
  from unnest($8::int4[], $9::uuid[], $10::text[] ${careful ? ", $11::text[], $12::bytea[], $13::text[]" : ""})
    with ordinality as r (group_n, run_id, body ${careful ? ", idempotency_key, request_hash, tags" : ""}, n)
  join grp g on g.n = r.group_n
)`;

// A key belongs to whoever inserts it first; a row older than 24 hours is anybody's again. In one batch the first request takes it.
// Rows are taken in one order everywhere, so that two processes cannot wait for each other.
const SLOTS = `
slot as (
  insert into idempotency_key (org_id, environment_id, key, request_hash, run_id, created_at)
  select distinct on (org_id, environment_id, idempotency_key) org_id, environment_id, idempotency_key, request_hash, run_id, now()
  from req where outcome = 'accepted' and body is not null and idempotency_key is not null
  order by org_id, environment_id, idempotency_key, n
  on conflict (org_id, environment_id, key) do update
    set request_hash = excluded.request_hash, run_id = excluded.run_id, created_at = excluded.created_at
    where idempotency_key.created_at <= now() - interval '24 hours'
  returning run_id
),
admitted as materialized (
  select * from req where outcome = 'accepted' and body is not null
    and (idempotency_key is null or run_id in (select run_id from slot))
)`;

const ADMITTED = `
admitted as materialized (select * from req where outcome = 'accepted' and body is not null)`;

const newTags = (again: boolean) => `
new_tag as (
  insert into run_tag (org_id, environment_id, tag, run_id)
  select org_id, environment_id, tag, run_id from admitted, unnest(tags) as tag
  ${again ? "on conflict (org_id, environment_id, tag, run_id) do nothing" : ""}
),`;

const inserts = ({ careful, again }: StatementKind) => `
new_run as (
  insert into run (org_id, id, environment_id, engine_id, engine_version_id, key_id, source ${careful ? ", tags" : ""})
  select org_id, run_id, environment_id, engine_id, version_id, key_id, source ${careful ? ", tags" : ""} from admitted
  ${again ? "on conflict (org_id, id) do nothing returning id" : ""}
),
new_payload as (
  insert into run_payload (org_id, run_id, kind, body)
  select org_id, run_id, 'input', body from admitted
  ${again ? "on conflict (org_id, run_id, kind) do nothing" : ""}
),${careful ? newTags(again) : ""}
new_usage as (
  insert into usage_delta (org_id, environment_id, engine_id, key_id, source, day, runs)
  select org_id, environment_id, engine_id, coalesce(key_id, '${NIL_UUID}'), source, (now() at time zone 'UTC')::date, count(*)
  from admitted ${again ? "where run_id in (select id from new_run)" : ""}
  group by org_id, environment_id, engine_id, key_id, source
)`;

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

function outcome({ careful }: StatementKind): string {
  if (!careful) return "req.outcome";
  return `case
    when req.idempotency_key is not null and req.body is not null and req.outcome in ('accepted', 'engine_version_unavailable')
      and not exists (select from admitted where admitted.n = req.n)
    then case req.outcome when 'accepted' then 'look_up' else 'look_up_version' end
    else req.outcome
  end`;
}

/** One row a request: see Answer. */
function statement(kind: StatementKind): string {
  const parts = [GROUPS, request(kind), kind.careful ? SLOTS : ADMITTED, inserts(kind), MARKS];
  return `with ${parts.join(",")}
select req.n::int4, ${outcome(kind)},
  case when req.n = req.first_request and req.outcome <> 'unauthorized' then req.key_id end,
  case when req.n = req.first_request ${kind.careful ? "or req.idempotency_key is not null" : ""} then req.org_id end,
  ${kind.careful ? "case when req.idempotency_key is not null then req.environment_id end" : "null"},
  case when req.n = 1 then (select count(*)::int4 from new_mark) end
from req`;
}

/** A row as it comes back: ordinal from 1, outcome; key and organization of a group with its first request; with a key: environment; new marks with the first row. */
export type AnswerRow = [
  n: number,
  outcome: Outcome,
  keyId: string | null,
  orgId: string | null,
  environmentId: string | null,
  newMarks: number | null,
];

const nameOf = ({ careful, again }: StatementKind) => `accept${careful ? "-careful" : ""}${again ? "-again" : ""}`;

const TEXTS = new Map<string, string>();
for (const careful of [false, true])
  for (const again of [false, true]) TEXTS.set(nameOf({ careful, again }), statement({ careful, again }));

// A tag has neither quotes nor backslashes. A list of lists of different lengths is no array of PostgreSQL's, so each goes as a literal.
const arrayLiteral = (tags: readonly string[]) => `{${tags.map((tag) => `"${tag}"`).join(",")}}`;

/** The prepared statement that accepts these requests. Its rows are AnswerRows. */
export function acceptQuery(kind: StatementKind, groups: readonly Group[], rows: readonly AcceptRow[]) {
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
      ...(kind.careful
        ? [
            textArray(rows.map((row) => row.idempotencyKey)),
            byteaArray(rows.map((row) => row.requestHash)),
            textArray(rows.map((row) => row.tags && arrayLiteral(row.tags))),
          ]
        : []),
    ],
  };
}

/**
 * Which of these requests have their run already: rows `[n from 1]`. Asked before sending again, whatever their keys are worth by now.
 * A statement of its own: PostgreSQL 18 crashes when one that locks rows also prunes partitions while it runs.
 */
export function alreadyAcceptedQuery(groups: readonly Group[], rows: readonly AcceptRow[]) {
  return {
    name: "accept-already",
    text: `
select r.n::int4
from unnest($1::bytea[], $2::uuid[]) with ordinality as g (hash, org_id, n)
join unnest($3::int4[], $4::uuid[]) with ordinality as r (group_n, run_id, n) on r.group_n = g.n
left join api_key k on k.hash = g.hash
join run on run.org_id = coalesce(k.org_id, g.org_id) and run.id = r.run_id`,
    rowMode: "array" as const,
    values: [
      byteaArray(groups.map((group) => group.hash)),
      uuidArray(groups.map((group) => group.orgId)),
      int4Array(rows.map((row) => row.group + 1)),
      uuidArray(rows.map((row) => row.runId)),
    ],
  };
}

/** Who has these idempotency keys: rows `[n from 1, request_hash, run_id]`, none for a key that nobody has, or has had for 24 hours. */
export function lookUpQuery(keys: readonly { orgId: string; environmentId: string; idempotencyKey: string }[]) {
  return {
    name: "accept-look-up",
    text: `
select k.n::int4, i.request_hash, i.run_id
from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as k (org_id, environment_id, key, n)
join idempotency_key i on i.org_id = k.org_id and i.environment_id = k.environment_id and i.key = k.key
where i.created_at > now() - interval '24 hours'`,
    rowMode: "array" as const,
    values: [
      uuidArray(keys.map((key) => key.orgId)),
      uuidArray(keys.map((key) => key.environmentId)),
      textArray(keys.map((key) => key.idempotencyKey)),
    ],
  };
}
