/**
 * The short way of the two calls that programs make all the time: straight from node:http to the functions that the Hono app calls too
 * (lib/api/v1/run-endpoints.ts). Figures of both ways stand in the README.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRunCall, type JsonAnswer, submitRunCall } from "../api/v1/run-endpoints.ts";
import { platformUrl } from "../env.ts";
import { errorBody } from "../errors.ts";
import { HSTS } from "../http/security-headers.ts";
import { publicError } from "../public-error.ts";
import type { IdempotencyKeyHeader } from "../runs/idempotency-key.ts";
import type { RequestLog } from "./request-log.ts";
import { ClientGone, discardBody, readRequestBody } from "./request-body.ts";

const SUBMIT = /^\/api\/v1\/engines\/([^/?#%]+)\/runs$/;
const GET_RUN = /^\/api\/v1\/runs\/([^/?#%]+)$/;

type HotRoute = (request: IncomingMessage) => Promise<JsonAnswer>;

/** Node joins the values of a header that stands there several times; the distinct ones are made only where that may be so. */
export function idempotencyKeyOf(request: IncomingMessage): IdempotencyKeyHeader {
  const key = request.headers["idempotency-key"] as string | undefined;
  if (!key?.includes(",")) return key;
  const values = request.headersDistinct["idempotency-key"] ?? [];
  return values.length > 1 ? values : key;
}

/** The call that a request makes, where it is one of the two; anything unusual about its path is left to the app. */
export function findHotRoute(method: string, path: string): HotRoute | undefined {
  if (method === "POST") {
    const engineSlug = SUBMIT.exec(path)?.[1];
    if (engineSlug === undefined) return undefined;
    return (request) =>
      submitRunCall({
        authorization: request.headers.authorization,
        idempotencyKey: idempotencyKeyOf(request),
        engineSlug,
        readBody: () => readRequestBody(request),
      });
  }
  const runId = method === "GET" ? GET_RUN.exec(path)?.[1] : undefined;
  return runId === undefined ? undefined : (request) => getRunCall(request.headers.authorization, runId);
}

/** Headers of every answer of these routes, as node:http takes them raw: of the security headers those that matter to JSON, which are sent thousands of times a second. */
const HEADERS = ["content-type", "application/json", "cache-control", "no-store", "x-content-type-options", "nosniff"];
if (platformUrl().startsWith("https:")) HEADERS.push("strict-transport-security", HSTS);

function send(response: ServerResponse, requestId: string, status: number, body: string, more: string[] = []): void {
  const bytes = Buffer.byteLength(body);
  response.writeHead(status, [...HEADERS, "x-request-id", requestId, "content-length", String(bytes), ...more]);
  // ASCII, as nearly always, goes out without being encoded.
  response.end(body, bytes === body.length ? "latin1" : "utf8");
}

/** Answers a request by its hot route. Never rejects. */
export async function answerHot(
  route: HotRoute,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  log: RequestLog,
): Promise<void> {
  try {
    const { status, body, headers } = await route(request);
    send(response, requestId, status, body, Object.entries(headers).flat());
    log.succeeded(request, status, requestId);
  } catch (error) {
    if (error instanceof ClientGone) return;
    const face = publicError(error);
    const more = Object.entries(face.headers).flat();
    if (face.code === "unauthorized") more.push("www-authenticate", "Bearer");
    if (face.retryAfterSeconds !== undefined) more.push("retry-after", String(face.retryAfterSeconds));
    if (!request.readableEnded && !request.destroyed) discardBody(request);
    send(response, requestId, face.status, JSON.stringify(errorBody(face, requestId)), more);
    log.failed(request, face, requestId, error);
  }
}
