/** One attempt of a delivery: the signed request, and what came of it. */
import type { OutboundClient, OutboundResult } from "../outbound/client.ts";
import { redactAnswer, type SecretForms } from "../webhooks/answer-redaction.ts";
import { deliveryHeaders, storedHeaders } from "../webhooks/delivery-headers.ts";
import type { AttemptResult } from "../webhooks/attempt-store.ts";
import type { DueDelivery } from "../webhooks/due-store.ts";
import { parseRetryAfterMs, retryDelayMs } from "../webhooks/retry-delay.ts";

/** For everything together: looking up, connecting, sending, waiting, reading. */
const TIMEOUT_MS = 15_000;
/** Of an answer no more is read and stored. */
const MAX_ANSWER_BYTES = 64 << 10;
const GONE = 410;

/** Where an endpoint's deliveries go, and what they are signed with; the current secret first. */
export type DeliveryTarget = {
  endpointId: string;
  url: string;
  secrets: readonly string[];
  authToken: string | null;
  /** Of the secrets and the token: what is not stored of an answer. */
  hidden: SecretForms;
};

/** A delivery whose event is there. */
export type SendableDelivery = Omit<DueDelivery, "body"> & { body: Buffer };

export type Way = { client: OutboundClient; timeoutMs?: number | undefined };

/** Whether the receiver wants no more deliveries. */
export const isGone = (result: AttemptResult): boolean => result.statusCode === GONE;

/** Makes the attempt. Undefined where the client was closed: whether the receiver has got it is not known. Never rejects. */
export async function attemptDelivery(
  { client, timeoutMs = TIMEOUT_MS }: Way,
  target: DeliveryTarget,
  delivery: SendableDelivery,
): Promise<AttemptResult | undefined> {
  const { body } = delivery;
  const headers = deliveryHeaders({
    deliveryId: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    body,
    secrets: target.secrets,
    authToken: target.authToken,
    timestamp: Math.floor(Date.now() / 1_000),
  });
  const startedAtMs = performance.now();
  const answer = await client.post({
    url: target.url,
    headers,
    body,
    timeoutMs,
    maxBodyBytes: MAX_ANSWER_BYTES,
  });
  if (answer.kind === "failed" && answer.reason === "aborted") return undefined;
  return {
    endpointId: target.endpointId,
    deliveryId: delivery.id,
    attempts: delivery.attempts,
    dueAt: delivery.dueAt,
    trigger: delivery.trigger,
    url: target.url,
    startedAtMs,
    durationMs: performance.now() - startedAtMs,
    requestHeaders: storedHeaders(headers),
    ...recorded(answer, target),
    error: errorOf(answer),
    retryDelayMs: retryDelayMs(delivery.step + 1, retryAfterMs(answer), Math.random()),
  };
}

type Recorded = Pick<AttemptResult, "statusCode" | "responseHeaders" | "responseBody" | "responseTruncated">;

function recorded(answer: OutboundResult, { hidden }: DeliveryTarget): Recorded {
  if (answer.kind === "failed") {
    return { statusCode: null, responseHeaders: null, responseBody: null, responseTruncated: false };
  }
  const { headers, body, truncated } = redactAnswer(answer, hidden, MAX_ANSWER_BYTES);
  return {
    statusCode: answer.status,
    responseHeaders: JSON.stringify(headers),
    responseBody: body,
    responseTruncated: truncated,
  };
}

function retryAfterMs(answer: OutboundResult): number | null {
  return answer.kind === "answered" ? parseRetryAfterMs(answer.headers["retry-after"], new Date()) : null;
}

function errorOf(answer: OutboundResult): AttemptResult["error"] {
  if (answer.kind === "failed") {
    // "aborted" is no attempt
    return { code: answer.reason as Exclude<typeof answer.reason, "aborted">, message: answer.message };
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return { code: "redirect", message: `The receiver answered with a redirect (${status}), which is not followed` };
  }
  return { code: "http_status", message: `The receiver answered with status ${status}` };
}
