/**
 * The bearer API: one Hono app that lib/server serves directly and app/api/v1 mounts in Next. It sends no CORS headers on purpose: keys
 * do not belong in browsers.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Handler } from "hono";
import { ApiError, type ErrorCode, isApiError } from "../errors.ts";
import { errorResponse } from "../http/error-response.ts";
import { isUnread } from "../http/json-response.ts";
import { newRequestId } from "../ids.ts";
import { loggerFor } from "../logger.ts";
import { publicError } from "../public-error.ts";
import { describeApi, registerOperations } from "./openapi.ts";
import type { ApiContext, ApiEnv, ApiOperation } from "./operation.ts";
import { apiKeyOperations } from "./v1/api-keys.ts";
import { bulkOperationOperations } from "./v1/bulk-operations.ts";
import { engineVersionOperations } from "./v1/engine-versions.ts";
import { engineOperations } from "./v1/engines.ts";
import { environmentOperations } from "./v1/environments.ts";
import { runOperations } from "./v1/runs.ts";
import { webhookDeliveryOperations } from "./v1/webhook-deliveries.ts";
import { webhookOperations } from "./v1/webhooks.ts";

export const API_BASE_PATH = "/api/v1";
export const OPENAPI_PATH = `${API_BASE_PATH}/openapi.json`;

const OPERATIONS: readonly ApiOperation[] = [
  ...environmentOperations,
  ...apiKeyOperations,
  ...engineOperations,
  ...engineVersionOperations,
  ...runOperations,
  ...bulkOperationOperations,
  ...webhookOperations,
  ...webhookDeliveryOperations,
];

const MAX_USER_AGENT = 500;
const log = loggerFor("api");

/** Every operation of the API, in the order of the document. */
export function apiOperations(): readonly ApiOperation[] {
  return OPERATIONS;
}

/** `/environments/{slug}` as Hono writes it. */
function honoPath(path: string): string {
  return API_BASE_PATH + path.replaceAll(/\{(\w+)\}/g, ":$1");
}

// For 405: which methods a path has.
const MATCHERS = OPERATIONS.map(({ path, method }) => ({
  pattern: new RegExp(`^${API_BASE_PATH}${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  methods: method === "GET" ? ["GET", "HEAD"] : [method],
  parameters: path.split("{").length - 1,
}));

function nothingHere(c: ApiContext): Response {
  const matching = MATCHERS.filter(({ pattern }) => pattern.test(c.req.path));
  // `/runs/search` is itself, and no `/runs/{id}`.
  const fewest = Math.min(...matching.map(({ parameters }) => parameters));
  const methods = matching.filter(({ parameters }) => parameters === fewest).flatMap((matcher) => matcher.methods);
  if (methods.length === 0) return refusal(c, new ApiError("not_found", "There is nothing at this path"));
  const allow = methods.join(", ");
  const response = refusal(c, new ApiError("method_not_allowed", `This path takes ${allow}`));
  response.headers.set("allow", allow);
  return response;
}

function refusal(c: ApiContext, error: ApiError): Response {
  const response = errorResponse(error, c.var.request.requestId);
  if (error.code === ("unauthorized" satisfies ErrorCode)) response.headers.set("www-authenticate", "Bearer");
  return response;
}

function fail(error: Error, c: ApiContext): Response {
  const face = publicError(error);
  if (!isApiError(error)) {
    const facts = { err: error, request_id: c.var.request.requestId, method: c.req.method, path: c.req.path };
    if (face.code === "unavailable") log.warn(facts, "the database is away");
    else log.error(facts, "an operation failed");
  }
  return refusal(c, face);
}

/** Makes the app. `app.fetch(request, bindings)` answers every request below /api/v1, whatever it is, with JSON. */
export function createApiApp(): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.use(async (c, next) => {
    c.set("request", {
      requestId: c.env?.requestId ?? newRequestId(),
      ip: c.env?.clientIp ?? null,
      userAgent: c.req.header("user-agent")?.slice(0, MAX_USER_AGENT) ?? null,
    });
    await next();
    // Hono drops the body of an answer to HEAD, and does not cancel it.
    if (isUnread(c.req.raw)) await c.res.body?.cancel();
    c.res.headers.set("x-request-id", c.var.request.requestId);
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  });
  app.onError(fail);
  app.notFound(nothingHere);
  for (const operation of OPERATIONS) {
    app.on(operation.method, honoPath(operation.path), operation.respond as Handler<ApiEnv>);
  }
  registerOperations(app.openAPIRegistry, API_BASE_PATH, OPERATIONS);
  // Tells nothing but what the documentation tells, and so needs no key.
  const document = describeApi(app);
  app.get(OPENAPI_PATH, (c) => c.json(document));
  return app;
}
