/**
 * The short way of the two calls that programs make all the time: straight from node:http to the functions that the Hono app calls too
 * (lib/api/v1/run-endpoints.ts). Figures of both ways stand in the README.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { getRunCall, type JsonAnswer, submitRunCall } from "../api/v1/run-endpoints.ts";
import { platformUrl } from "../env.ts";
import { errorBody } from "../errors.ts";
import { announcedBytes } from "../http/held-bodies.ts";
import type { PacedBody } from "../http/paced-body.ts";
import { HSTS } from "../http/security-headers.ts";
import { publicError } from "../public-error.ts";
import type { IdempotencyKeyHeader } from "../runs/idempotency-key.ts";
import type { RequestLog } from "./request-log.ts";
import { ClientGone, discardBody, readRequestBody } from "./request-body.ts";

const SUBMIT = /^\/api\/v1\/engines\/([^/?#%]+)\/runs$/;
const GET_RUN = /^\/api\/v1\/runs\/([^/?#%]+)$/;

type HotRoute = (request: IncomingMessage) => Promise<JsonAnswer<string | PacedBody>>;

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
        bodyBytes: announcedBytes(request.headers["content-length"], request.headers["transfer-encoding"]),
        readBody: (admitLarge) => readRequestBody(request, admitLarge),
      });
  }
  const runId = method === "GET" ? GET_RUN.exec(path)?.[1] : undefined;
  if (runId === undefined) return undefined;
  return (request) => getRunCall(request.headers.authorization, runId, () => request.socket.destroyed);
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

/** Sends it as fast as the caller takes it. Throws ClientGone where it does not, and is cut off. */
async function sendLarge(response: ServerResponse, requestId: string, { bytes, stream }: PacedBody): Promise<void> {
  // A pipeline to what is destroyed already fails and leaves its source as it is.
  if (response.destroyed) {
    await stream.cancel();
    throw new ClientGone("nobody waited for the answer");
  }
  response.writeHead(200, [...HEADERS, "x-request-id", requestId, "content-length", String(bytes)]);
  try {
    await pipeline(Readable.fromWeb(stream as ReadableStream<Uint8Array>), response);
  } catch (cause) {
    throw new ClientGone("an answer was not taken", { cause });
  }
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
    if (typeof body === "string") send(response, requestId, status, body, Object.entries(headers).flat());
    else await sendLarge(response, requestId, body);
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
