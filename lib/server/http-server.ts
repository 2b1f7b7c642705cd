/**
 * One node:http server for everything: health, the bearer API, and Next for the rest. Which one a request is for is decided by its path
 * alone, exactly.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { API_BASE_PATH, createApiApp } from "../api/app.ts";
import { isDevelopment, platformUrl } from "../env.ts";
import { ApiError, errorBody, invalidField } from "../errors.ts";
import { securityHeaders } from "../http/security-headers.ts";
import { newRequestId } from "../ids.ts";
import { readiness } from "./health.ts";
import { answerHot, findHotRoute } from "./hot-routes.ts";
import type { Portal } from "./portal.ts";
import { announcesTooMuch } from "./request-body.ts";
import { addressOf, createRequestLog } from "./request-log.ts";

// Longer than the idle timeouts of common load balancers (60 s): they, not we, close idle connections, so that no request meets a closed one.
const KEEP_ALIVE_MS = 72_000;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 60_000;
// A sealed session cookie takes some 4 KiB.
const MAX_HEADER_BYTES = 32 << 10;

const REQUEST_ID = Symbol("request id");
type Identified = IncomingMessage & { [REQUEST_ID]?: string };

/** A path that no page has. */
const NO_SUCH_PAGE = "/there/is/no/such/page";

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

/** Answers what never became a request: broken HTTP, headers too large or too slow. */
function refuseBroken(error: NodeJS.ErrnoException, socket: import("node:stream").Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const statusLine =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  const requestId = newRequestId();
  const body = JSON.stringify(errorBody(invalidField("request", statusLine.slice(4)), requestId));
  socket.end(
    `HTTP/1.1 ${statusLine}\r\nconnection: close\r\ncontent-type: application/json\r\nx-request-id: ${requestId}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Makes the server; it does not listen yet. */
export function createHttpServer(portal: Portal): Server {
  const log = createRequestLog();
  const https = platformUrl().startsWith("https:");
  const everywhere = new Map(Object.entries(securityHeaders(https)));

  const api = createApiApp();
  const apiListener = getRequestListener(
    (request, { incoming }) =>
      api.fetch(request, {
        requestId: (incoming as Identified)[REQUEST_ID] ?? newRequestId(),
        clientIp: addressOf(incoming as IncomingMessage),
      }),
    { overrideGlobalObjects: false },
  );

  function toApi(request: Identified, response: ServerResponse, requestId: string): void {
    request[REQUEST_ID] = requestId;
    response.setHeaders(everywhere);
    log.watch(request, response);
    void apiListener(request, response);
  }

  async function toPortal(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    requestId: string,
  ): Promise<void> {
    response.setHeaders(everywhere);
    response.setHeader("x-request-id", requestId);
    log.watch(request, response);
    if (!isDecodable(path)) {
      // Next would answer a bare 500: our JSON is the answer of a route, Next's own page that of a page.
      if (path.startsWith("/api/")) {
        const nothing = new ApiError("not_found", "There is nothing at this path");
        return sendJson(response, nothing.status, errorBody(nothing, requestId));
      }
      request.url = NO_SUCH_PAGE;
    }
    await portal.prepared;
    if (!portal.isReady()) {
      const away = new ApiError("unavailable", "The portal's pages cannot be served now", { retryAfterSeconds: 5 });
      return sendJson(response, away.status, errorBody(away, requestId));
    }
    // Next cannot see the socket: the peer's address goes with the request, right-most, as a proxy would put it.
    const forwarded = request.headers["x-forwarded-for"];
    request.headers["x-forwarded-for"] = [forwarded ?? [], request.socket.remoteAddress ?? []].flat().join(", ");
    delete request.headers["x-request-id"];
    await portal.handle(request, response);
  }

  async function toHealth(path: string, response: ServerResponse, requestId: string): Promise<void> {
    response.setHeader("x-request-id", requestId);
    response.setHeaders(everywhere);
    if (path === "/health") return sendJson(response, 200, { status: "ok" });
    const state = await readiness(portal.isReady());
    sendJson(response, state.status === "ready" ? 200 : 503, state);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? "/";
    const end = url.indexOf("?");
    const path = end < 0 ? url : url.slice(0, end);
    const requestId = newRequestId();
    if (path.startsWith(`${API_BASE_PATH}/`) || path === API_BASE_PATH) {
      const route = findHotRoute(request.method ?? "", path);
      if (route) void answerHot(route, request, response, requestId, log);
      else toApi(request, response, requestId);
    } else if (path === "/health" || path === "/ready") void toHealth(path, response, requestId);
    else void toPortal(request, response, path, requestId);
  }

  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    onRequest,
  );
  // Who asks before sending a body that is too large is not told to go on.
  server.on("checkContinue", (request, response) => {
    if (!announcesTooMuch(request)) response.writeContinue();
    onRequest(request, response);
  });
  server.on("clientError", refuseBroken);
  server.on("upgrade", (request, socket, head) => {
    if (isDevelopment() && request.url?.startsWith("/_next/")) portal.upgrade(request, socket, head);
    else socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  return server;
}
