/**
 * The receiver check: sends a good request, a forged one, a stale one and a repetition to an endpoint's URL, and says what the receiver did wrong.
 * These are no deliveries: they are not recorded, not tried again, and change nothing of the endpoint.
 */
import * as audit from "../audit/service.ts";
import { requirePermission } from "../auth/principal.ts";
import { pool, prisma } from "../db.ts";
import { ApiError } from "../errors.ts";
import type { WebhookEndpointModel } from "../generated/prisma/models.ts";
import { newId } from "../ids.ts";
import { createOutboundClient, type OutboundClient } from "../outbound/client.ts";
import { newSigningSecret } from "../outbound/signature.ts";
import { SECOND_MS, toIso } from "../time.ts";
import { pingBody } from "./deliveries-service.ts";
import type { ReceiverCheck, ReceiverCheckName, ReceiverCheckRow } from "./deliveries-schema.ts";
import { deliveryHeaders } from "./delivery-headers.ts";
import { requireEndpoint, type Within, withContext } from "./endpoint-store.ts";
import { PING, toEventId } from "./event-types.ts";
import { CHECKS, judge, NOT_SENT, STALE_SECONDS } from "./receiver-check.ts";
import { openToken, validSecrets } from "./secret-store.ts";
import { targetOf } from "./service.ts";

/** As of a delivery: four of them are a minute. */
const TIMEOUT_MS = 15 * SECOND_MS;
/** Of the answers nothing but the status is looked at. */
const MAX_BODY_BYTES = 1_024;

// One set for the server's bundle and Next's.
const KEY = Symbol.for("nexio.receiver-checks");
const slot = globalThis as { [KEY]?: Set<string> };
const underWay = (slot[KEY] ??= new Set());

/** One check of an organization at a time: each holds a request open for as long as somebody else's server likes. Throws 429 `rate_limited`. */
async function alone<T>(orgId: string, work: () => Promise<T>): Promise<T> {
  if (underWay.has(orgId)) {
    throw new ApiError("rate_limited", "Another receiver check is under way", { retryAfterSeconds: 1 });
  }
  underWay.add(orgId);
  try {
    return await work();
  } finally {
    underWay.delete(orgId);
  }
}

type Message = { eventId: string; deliveryId: string; body: Buffer };
type Receiver = { url: string; secrets: readonly string[]; authToken: string | null };

function newPing(endpoint: WebhookEndpointModel, environment: string): Message {
  const eventId = newId();
  const body = pingBody({ eventId, endpointId: endpoint.id, environment, at: new Date() });
  return { eventId, deliveryId: newId(), body: Buffer.from(body) };
}

async function sendCheck(
  client: OutboundClient,
  { url, secrets, authToken }: Receiver,
  check: ReceiverCheckName,
  message: Message,
  signal: AbortSignal,
): Promise<ReceiverCheckRow> {
  const now = Math.floor(Date.now() / SECOND_MS);
  const headers = deliveryHeaders({
    ...message,
    eventType: PING,
    authToken,
    secrets: check === "bad_signature" ? [newSigningSecret()] : secrets,
    timestamp: check === "stale_timestamp" ? now - STALE_SECONDS : now,
  });
  const begun = performance.now();
  const result = await client.post({
    url,
    headers,
    body: message.body,
    timeoutMs: TIMEOUT_MS,
    maxBodyBytes: MAX_BODY_BYTES,
    signal,
  });
  return {
    check,
    ...CHECKS[check],
    event_id: toEventId(message.eventId),
    ...(result.kind === "answered" ? { status_code: result.status } : { error: result.reason }),
    duration_ms: Math.round(performance.now() - begun),
    ...judge(check, result),
  };
}

async function runChecks(
  client: OutboundClient,
  receiver: Receiver,
  ping: () => Message,
  signal: AbortSignal,
): Promise<ReceiverCheckRow[]> {
  const first = ping();
  const good = await sendCheck(client, receiver, "valid_signature", first, signal);
  const others = ["bad_signature", "stale_timestamp", "duplicate_id"] as const;
  if (!good.passed) return [good, ...others.map((check) => ({ check, ...CHECKS[check], ...NOT_SENT }))];
  const rows = [good];
  // One after another: requests that come at once are what rate limits refuse, whoever has signed them.
  for (const check of others) {
    rows.push(await sendCheck(client, receiver, check, check === "duplicate_id" ? first : ping(), signal));
  }
  return rows;
}

/**
 * Checks the receiver of an endpoint, which may be disabled. Takes as long as the receiver does, at most a minute. Throws 404, and 429
 * `rate_limited` while another check of the organization is under way.
 */
export async function checkReceiver(
  scope: Within,
  endpointId: string,
  signal: AbortSignal,
  client: OutboundClient = createOutboundClient(),
): Promise<ReceiverCheck> {
  requirePermission(scope, "webhooks:manage");
  const endpoint = await requireEndpoint(scope, endpointId);
  const { orgId } = scope;
  return alone(orgId, async () => {
    const [row] = await withContext(orgId, [endpoint]);
    const receiver = {
      url: endpoint.url,
      secrets: await validSecrets(pool(), orgId, endpointId),
      authToken: endpoint.authToken === null ? null : openToken(endpoint.authToken, orgId, endpointId),
    };
    const at = new Date();
    await prisma().$transaction((tx) =>
      audit.record(tx, scope, { action: "webhook.check", target: targetOf(endpoint) }),
    );
    const checks = await runChecks(client, receiver, () => newPing(endpoint, row!.environment), signal);
    return {
      url: endpoint.url,
      checked_at: toIso(at),
      passed: checks.every((check) => check.passed === true),
      checks,
    };
  });
}
