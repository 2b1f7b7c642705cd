/**
 * One node:http server for everything: health, the bearer API, and Next for the rest. Which one a request is for is decided by its path
 * alone, exactly.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { API_BASE_PATH, createApiApp } from "../api/app.ts";
import { env, platformUrl } from "../env.ts";
import { ApiError, errorBody, invalidField } from "../errors.ts";
import { noteRefusal } from "../http/refusal-notes.ts";
import { securityHeaders } from "../http/security-headers.ts";
import { newRequestId } from "../ids.ts";
import { answerExpectation } from "./expect-continue.ts";
import { readiness } from "./health.ts";
import { answerHot, findHotRoute, idempotencyKeyOf } from "./hot-routes.ts";
import type { Portal } from "./portal.ts";
import {
  dropBrokenRouterState,
  filePolicy,
  isDecodable,
  isDialect,
  isFile,
  isMethod,
  METHODS,
  NO_SUCH_PAGE,
} from "./portal-request.ts";
import { refuseBroken, refuseOnSocket } from "./raw-refusal.ts";
import { addressOf, createRequestLog } from "./request-log.ts";

// Longer than the idle timeouts of common load balancers (60 s): they, not we, close idle connections, so that no request meets a closed one.
const KEEP_ALIVE_MS = 72_000;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 60_000;
// A sealed session cookie takes some 4 KiB.
const MAX_HEADER_BYTES = 32 << 10;

const REQUEST_ID = Symbol("request id");
type Identified = IncomingMessage & { [REQUEST_ID]?: string };

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

function refuse(response: ServerResponse, error: ApiError, requestId: string): void {
  noteRefusal(requestId, error.code);
  response.setHeaders(new Map(Object.entries(error.headers)));
  sendJson(response, error.status, errorBody(error, requestId));
}

const unknownMethod = () =>
  new ApiError("method_not_allowed", "There is no such method here", { headers: { allow: METHODS.join(", ") } });
const nothingHere = () => new ApiError("not_found", "There is nothing at this path");

/** The target as a path: of `http://host/path`, which is for proxies but must be taken, the path. Undefined for `*` and other non-paths. */
function targetPath(target: string): string | undefined {
  if (target.startsWith("/")) return target;
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return undefined;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

/** Makes the server; it does not listen yet. */
export function createHttpServer(portal: Portal): Server {
  const log = createRequestLog();
  const https = platformUrl().startsWith("https:");
  const isDevelopmentServer = env.NODE_ENV === "development";
  const everywhere = new Map(Object.entries(securityHeaders(https)));

  const api = createApiApp();
  const apiListener = getRequestListener(
    (request, { incoming }) =>
      api.fetch(request, {
        requestId: (incoming as Identified)[REQUEST_ID] ?? newRequestId(),
        clientIp: addressOf(incoming as IncomingMessage),
        idempotencyKey: idempotencyKeyOf(incoming as IncomingMessage),
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
      // Our JSON is the answer of a route, Next's own page that of a page.
      if (path.startsWith("/api/")) return refuse(response, nothingHere(), requestId);
      request.url = NO_SUCH_PAGE;
    }
    if (isFile(path)) response.setHeader("content-security-policy", filePolicy(request));
    dropBrokenRouterState(request);
    await portal.prepared;
    if (!portal.isReady()) {
      const away = new ApiError("unavailable", "The portal's pages cannot be served now", { retryAfterSeconds: 5 });
      return refuse(response, away, requestId);
    }
    // Next cannot see the socket: the peer's address goes with the request, right-most, as a proxy would put it.
    const forwarded = request.headers["x-forwarded-for"];
    request.headers["x-forwarded-for"] = [forwarded ?? [], request.socket.remoteAddress ?? []].flat().join(", ");
    delete request.headers["x-request-id"];
    await portal.handle(request, response);
  }

  /** Answers what no listener is for. */
  function toNobody(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
    const requestId = newRequestId();
    response.setHeaders(everywhere);
    response.setHeader("x-request-id", requestId);
    // Nobody reads what may follow.
    response.setHeader("connection", "close");
    log.watch(request, response);
    refuse(response, error, requestId);
  }

  async function toHealth(path: string, response: ServerResponse, requestId: string): Promise<void> {
    response.setHeader("x-request-id", requestId);
    response.setHeaders(everywhere);
    if (path === "/health") return sendJson(response, 200, { status: "ok" });
    const state = await readiness(portal.isReady());
    sendJson(response, state.status === "ready" ? 200 : 503, state);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = targetPath(request.url ?? "/");
    if (url === undefined) return toNobody(request, response, nothingHere());
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      return toNobody(request, response, invalidField("host", "is missing"));
    }
    request.url = url;
    const end = url.indexOf("?");
    const path = end < 0 ? url : url.slice(0, end);
    const requestId = newRequestId();
    if (path.startsWith(`${API_BASE_PATH}/`) || path === API_BASE_PATH) {
      const route = findHotRoute(request.method ?? "", path);
      if (route) void answerHot(route, request, response, requestId, log);
      else toApi(request, response, requestId);
    } else if (path === "/health" || path === "/ready") void toHealth(path, response, requestId);
    else if (isDialect(path)) toNobody(request, response, nothingHere());
    else if (!isMethod(request.method)) toNobody(request, response, unknownMethod());
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
      // Answered by us, in the shape of every refusal.
      requireHostHeader: false,
      // Who would rather speak another protocol, such as curl with h2c, is answered in this one.
      shouldUpgradeCallback: ({ url }) => isDevelopmentServer && (url?.startsWith("/_next/") ?? false),
    },
    onRequest,
  );
  server.on("checkContinue", (request, response) => {
    answerExpectation(request, response);
    onRequest(request, response);
  });
  server.on("checkExpectation", (request, response) =>
    toNobody(request, response, new ApiError("expectation_failed", "The only expectation that is met is 100-continue")),
  );
  server.on("clientError", refuseBroken);
  server.on("connect", (_request, socket) => refuseOnSocket(socket, nothingHere()));
  server.on("upgrade", (request, socket, head) => portal.upgrade(request, socket, head));
  return server;
}
