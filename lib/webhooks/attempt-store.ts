/**
 * Records attempts, all of one organization's in one statement: what was sent and what came back, and what that means for the delivery.
 *
 * Fenced by the number of the attempt: of two workers that have sent the same one, because a lease lapsed between them, the first records it.
 */
import type { Pool, PoolClient } from "pg";
import { byteaArray, int4Array, textArray, uuidArray } from "../binary-array.ts";
import type { WebhookAttemptTrigger } from "../generated/prisma/enums.ts";

/** Why an attempt has failed. Closed. */
export type AttemptError =
  | "url_not_allowed"
  | "unreachable"
  | "invalid_answer"
  | "timeout"
  | "http_status"
  | "redirect";

export type AttemptResult = {
  endpointId: string;
  deliveryId: string;
  /** As the delivery was read: attempts before this one, when it was due, and why it is made. */
  attempts: number;
  dueAt: string;
  trigger: WebhookAttemptTrigger;
  url: string;
  /** In milliseconds of performance.now(). */
  startedAtMs: number;
  durationMs: number;
  /** null where there was no answer. */
  statusCode: number | null;
  /** null: delivered. */
  error: { code: AttemptError; message: string } | null;
  /** JSON texts. */
  requestHeaders: string;
  responseHeaders: string | null;
  responseBody: Buffer | null;
  responseTruncated: boolean;
  /** After a failure: until the next attempt of the schedule; null where that is used up. */
  retryDelayMs: number | null;
};

const NONE = -1;
const AHEAD = "$20 * interval '1 millisecond'";

// A delivery that has ended meanwhile (next_attempt_at is null: its endpoint was disabled or deleted) has an attempt more, and was delivered if that
// is what the receiver says. One that somebody has asked to be sent again meanwhile keeps what they asked for.
// Partitions are addressed by parameters only: see lib/hot-path/claim.ts.
const RECORD = `
with result as (
  select * from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[]::timestamptz[], $6::text[]::webhook_attempt_trigger[], $7::text[], $8::int[], $9::int[],
    $10::int[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[], $16::int[], $17::int[])
    as t (endpoint_id, delivery_id, attempts, due_at, trigger, url, started_ago_ms, duration_ms,
      status_code, error, error_message, request_headers, response_headers, response_body, response_truncated, retry_delay_ms)
), attempt as (
  insert into webhook_attempt (org_id, delivery_id, number, endpoint_id, trigger, url, started_at, duration_ms, status_code, error, error_message,
    request_headers, response_headers, response_body, response_truncated)
  select $1, delivery_id, attempts + 1, endpoint_id, trigger, url, now() - started_ago_ms * interval '1 millisecond', duration_ms,
    nullif(status_code, ${NONE}), error, error_message, request_headers, response_headers, response_body, response_truncated = 1
  from result
  on conflict do nothing
), recorded as (
  update webhook_delivery delivery set
    attempts = delivery.attempts + 1,
    last_attempt_at = now() - result.started_ago_ms * interval '1 millisecond',
    last_status_code = nullif(result.status_code, ${NONE}),
    last_error = case when result.error is not null and delivery.next_attempt_at is null then delivery.last_error else result.error end,
    status = case
      when result.error is null and delivery.status <> 'CANCELED' then 'DELIVERED'
      when delivery.status = 'PENDING' and delivery.next_attempt_at = result.due_at and result.retry_delay_ms = ${NONE} then 'FAILED'
      else delivery.status end,
    step = case when delivery.status = 'PENDING' and delivery.next_attempt_at = result.due_at then delivery.step + 1 else delivery.step end,
    next_attempt_at = case
      when result.error is null then null
      when delivery.next_attempt_at <> result.due_at then delivery.next_attempt_at
      when delivery.status = 'PENDING' and result.retry_delay_ms <> ${NONE} then now() + ${AHEAD} + result.retry_delay_ms * interval '1 millisecond'
      end,
    trigger = case
      when result.error is not null and delivery.next_attempt_at <> result.due_at then delivery.trigger else 'schedule' end
  from result
  where delivery.org_id = $1 and delivery.endpoint_id = any ($18::uuid[]) and delivery.id = any ($19::uuid[])
    and delivery.id = result.delivery_id and delivery.endpoint_id = result.endpoint_id and delivery.attempts = result.attempts
  returning delivery.id
)
select delivery_id from result where delivery_id not in (select id from recorded)`;

/**
 * Records attempts of deliveries of one organization; `aheadMs` is how far the deliveries' clock is ahead of PostgreSQL's. Returns the deliveries
 * of which somebody else has recorded that attempt: they keep what they have. Durable when it returns, or when its
 * transaction has ended.
 */
export async function recordAttempts(
  database: Pool | PoolClient,
  orgId: string,
  results: readonly AttemptResult[],
  aheadMs: number,
): Promise<string[]> {
  const sorted = results.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));
  const nowMs = performance.now();
  const integers = (of: (result: AttemptResult) => number | null) => int4Array(sorted.map((one) => of(one) ?? NONE));
  const texts = (of: (result: AttemptResult) => string | null) => textArray(sorted.map(of));
  const deliveryIds = uuidArray(sorted.map((one) => one.deliveryId));
  const { rows } = await database.query<{ delivery_id: string }>({
    name: "record-attempts",
    text: RECORD,
    values: [
      orgId,
      uuidArray(sorted.map((one) => one.endpointId)),
      deliveryIds,
      integers((one) => one.attempts),
      texts((one) => one.dueAt),
      texts((one) => one.trigger),
      texts((one) => one.url),
      integers((one) => Math.round(nowMs - one.startedAtMs)),
      integers((one) => Math.round(one.durationMs)),
      integers((one) => one.statusCode),
      texts((one) => one.error?.code ?? null),
      texts((one) => one.error?.message ?? null),
      texts((one) => one.requestHeaders),
      texts((one) => one.responseHeaders),
      byteaArray(sorted.map((one) => one.responseBody)),
      integers((one) => (one.responseTruncated ? 1 : 0)),
      integers((one) => one.retryDelayMs),
      uuidArray([...new Set(sorted.map((one) => one.endpointId))]),
      deliveryIds,
      aheadMs,
    ],
  });
  return rows.map((row) => row.delivery_id);
}
