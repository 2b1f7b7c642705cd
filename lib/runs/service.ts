/** What can be done with runs that were accepted: list, look at, cancel. Submitting, and reading by a key, are in lib/hot-path. */
import * as audit from "../audit/service.ts";
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma } from "../db.ts";
import { withoutNames, withoutQuotes } from "../engines/run-errors.ts";
import { ApiError, notFound } from "../errors.ts";
import { topLevelMembers } from "../http/json-scan.ts";
import { isTooLargeToParse } from "../http/parsed-size.ts";
import { isId } from "../ids.ts";
import { MAX_PAGE_SIZE } from "../page-size.ts";
import { toIso, toIsoOrNull } from "../time.ts";
import { wakeWorkers } from "../wake.ts";
import { parseIdEnds } from "./id-ends.ts";
import { findIdsByEnds, findRuns, type RunRow } from "./list-store.ts";
import type { ListRunsQuery, RunDetailDto, RunDto, RunInputDto, RunPage, RunSummaryDto } from "./schema.ts";
import { BOTH_PAYLOADS, ONLY_INPUT, type StoredPayloads, withPayloads } from "./payload-store.ts";
import { payloadRetentionDays } from "./retention-policy-service.ts";
import { findRun, markCanceled, type RunDetailRow } from "./store.ts";
import { isTerminal } from "./transitions.ts";

/** Parsed, checked and written again, a payload takes so many times the memory of its text. */
const PARSED_SIZE = 4;

/** Leaves out what is null: on the wire a field that has no value is absent. */
function present<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as never;
}

type Times = Pick<RunRow, "created_at" | "started_at" | "completed_at">;

function timesOf(row: Times) {
  return {
    created_at: toIso(row.created_at),
    ...(row.started_at === null ? {} : { started_at: toIso(row.started_at) }),
    ...(row.completed_at === null ? {} : { completed_at: toIso(row.completed_at) }),
    ...(row.started_at === null || row.completed_at === null
      ? {}
      : { duration_ms: Math.max(0, row.completed_at.getTime() - row.started_at.getTime()) }),
  };
}

const identityOf = (
  row: Pick<RunRow, "id" | "status" | "environment" | "environment_id" | "engine" | "engine_version" | "tags"> & Times,
) => ({
  run_id: row.id,
  status: row.status,
  environment: row.environment,
  environment_id: row.environment_id,
  engine: row.engine,
  engine_version: row.engine_version,
  ...timesOf(row),
  ...(row.tags === null ? {} : { tags: row.tags }),
});

/** Whether the scope sees what a run was given and what came of it, and so the texts that quote it. */
export const mayReadPayloads = (scope: OrgScope): boolean => scope.permissions.has("payloads:read");

function degradationOf({ degradation_reason: reason }: RunRow, mayRead: boolean): string | null {
  return reason === null || mayRead ? reason : withoutNames(reason);
}

/** A row of a list, as the wire has it. `mayRead`: see mayReadPayloads. */
export function toRunSummary(row: RunRow, mayRead: boolean): RunSummaryDto {
  return {
    ...identityOf(row),
    source: row.source,
    ...present({
      key_name: row.key_name,
      summary: row.summary,
      error_code: row.error_code,
      degradation_reason: degradationOf(row, mayRead),
    }),
  };
}

type Payload = {
  input?: unknown;
  offerings?: unknown;
  output?: unknown;
  solutions?: unknown;
  error?: RunDetailDto["error"];
};

function parsePayload(body: string | null): Payload {
  if (body === null) return {};
  if (isTooLargeToParse(body)) {
    throw new ApiError(
      "unprocessable",
      "What this run was given, or what came of it, has too many parts to be shown here: GET /api/v1/runs/{id} gives its output as it is",
    );
  }
  return JSON.parse(body) as Payload;
}

/** Whether retention has taken what a run was given and what came of it: every run has an input. */
const hasLostPayloads = (row: RunDetailRow): boolean => isTerminal(row.status) && row.input_bytes === null;

// Whoever may not see payloads is told that a run failed and with which code, but neither message nor details, which may quote the input.
// Nor is more left of it where retention has taken them.
const withoutPayloads = ({ error_code: code }: RunDetailRow): Payload =>
  code === null ? {} : { error: withoutQuotes({ code }) };

function toPayload({ input: given, output: result }: StoredPayloads): Payload {
  const { input, offerings } = parsePayload(given);
  const { output, solutions, error } = parsePayload(result);
  const fields = { input, offerings, output, solutions, error };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What a run was given and what came of it, as objects some times as large as their texts: only so many are made at once. */
async function readPayload(scope: OrgScope, row: RunDetailRow, gone: AbortSignal | undefined): Promise<Payload> {
  // What ends after its row was read has no output yet, so that status and output belong together.
  const kinds = isTerminal(row.status) ? BOTH_PAYLOADS : ONLY_INPUT;
  const bytes = (row.input_bytes ?? 0) + (row.output_bytes ?? 0);
  return withPayloads(scope, row.id, kinds, bytes * PARSED_SIZE, toPayload, gone);
}

function toRunDetail(row: RunDetailRow, payload: Payload, mayRead: boolean): RunDetailDto {
  return {
    ...identityOf(row),
    source: row.source,
    takeovers: row.takeovers,
    ...present({
      callback_expires_at: toIsoOrNull(row.callback_expires_at),
      key_name: row.key_name,
      summary: row.summary,
      degradation_reason: degradationOf(row, mayRead),
    }),
    ...payload,
    ...(hasLostPayloads(row) ? { payloads_removed: true as const } : {}),
  };
}

/** What programs see of a run: less than the portal shows. */
export function toRun(detail: RunDetailDto): RunDto {
  const {
    source: _source,
    key_name: _keyName,
    takeovers: _takeovers,
    callback_expires_at: _callbackExpiresAt,
    summary: _summary,
    payloads_kept_days: _keptDays,
    input: _input,
    offerings: _offerings,
    ...run
  } = detail;
  return run;
}

/** A page of runs, newest first: of one environment, or of the whole organization where the scope is that. */
export async function listRuns(scope: OrgScope | EnvironmentScope, query: ListRunsQuery): Promise<RunPage> {
  requirePermission(scope, "runs:read");
  const ends = query.id === undefined ? null : parseIdEnds(query.id);
  const rows = await findRuns(
    scope,
    {
      ...(ends ? { ids: await findIdsByEnds(scope, ends, MAX_PAGE_SIZE) } : {}),
      statuses: query.status && [...new Set(query.status)],
      engineSlug: query.engine,
      version: query.version,
      tag: query.tag,
      createdAfterMs: query.created_after === undefined ? undefined : Date.parse(query.created_after),
      createdBeforeMs: query.created_before === undefined ? undefined : Date.parse(query.created_before),
      beforeId: idOfCursor(query.cursor),
    },
    query.limit + 1,
  );
  const mayRead = mayReadPayloads(scope);
  return toPage(rows, query.limit, (row) => toRunSummary(row, mayRead));
}

/** A run without its payloads. Throws 404 for one that does not exist or is not the scope's. */
export async function requireRun(scope: OrgScope | EnvironmentScope, id: string): Promise<RunDetailRow> {
  const row = isId(id) ? await findRun(scope, id) : undefined;
  if (!row) throw notFound("Run");
  return row;
}

/**
 * One run with its payloads, where the caller may read them and they are kept still. Throws 404 for what is not the scope's, 422 where they are
 * too large as objects, and 503 where there is no room for them; `gone` says that nobody waits for them any more.
 */
export async function getRun(
  scope: OrgScope | EnvironmentScope,
  id: string,
  gone?: AbortSignal,
): Promise<RunDetailDto> {
  requirePermission(scope, "runs:read");
  const row = await requireRun(scope, id);
  const isLost = hasLostPayloads(row);
  const mayRead = mayReadPayloads(scope);
  const payload = mayRead && !isLost ? await readPayload(scope, row, gone) : withoutPayloads(row);
  const keptDays = isLost ? await payloadRetentionDays(scope.orgId) : null;
  return { ...toRunDetail(row, payload, mayRead), ...present({ payloads_kept_days: keptDays }) };
}

function toRunInput({ input }: StoredPayloads): RunInputDto {
  if (input === null) throw notFound("Run input");
  const members = topLevelMembers(input);
  const offerings = members.get("offerings");
  return { input_json: members.get("input")!, ...(offerings === undefined ? {} : { offerings_json: offerings }) };
}

/**
 * What a run was given, as it was sent. Throws 403 without `payloads:read`, 404 for what is not the scope's, and where its input is not kept
 * any more, and 503 where there is no room for it; `gone` as for getRun.
 */
export async function getRunInput(
  scope: OrgScope | EnvironmentScope,
  id: string,
  gone?: AbortSignal,
): Promise<RunInputDto> {
  requirePermission(scope, "runs:read");
  requirePermission(scope, "payloads:read");
  const row = await requireRun(scope, id);
  return withPayloads(scope, row.id, ONLY_INPUT, (row.input_bytes ?? 0) * PARSED_SIZE, toRunInput, gone);
}

/** Where a run is and how large its payloads are together, in bytes; undefined for what is not the scope's. */
export async function peekRun(
  scope: OrgScope | EnvironmentScope,
  id: string,
): Promise<{ environment: string; payloadBytes: number } | undefined> {
  requirePermission(scope, "runs:read");
  const row = isId(id) ? await findRun(scope, id) : undefined;
  return row && { environment: row.environment, payloadBytes: (row.input_bytes ?? 0) + (row.output_bytes ?? 0) };
}

/**
 * Cancels a run: what was waiting will not be executed, and the result of what is being executed will not be recorded.
 * Throws 404, and 409 `conflict` for a run that has ended. Returns it as getRun does, but without its input: nothing came of it.
 */
export async function cancelRun(scope: OrgScope | EnvironmentScope, id: string): Promise<RunDetailDto> {
  requirePermission(scope, "runs:write");
  const before = await requireRun(scope, id);
  await prisma().$transaction(async (tx) => {
    if (!(await markCanceled(tx, scope, id))) {
      throw new ApiError("conflict", "The run has ended, and a run that has ended never changes");
    }
    await audit.record(tx, scope, {
      action: "run.cancel",
      target: { type: "run", id },
      details: { environment: before.environment, engine: before.engine, status_before: before.status },
    });
  });
  // For webhook endpoints, and where it has made room for another run.
  wakeWorkers();
  const after = await findRun(scope, id);
  return toRunDetail(after ?? before, {}, mayReadPayloads(scope));
}
