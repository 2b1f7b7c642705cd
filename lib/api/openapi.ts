/** The OpenAPI 3.1 document, generated from the operations themselves: the schemas that parse requests, and the table of errors. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { apiUrl } from "../env.ts";
import { ERROR_STATUS, type ErrorCode } from "../errors.ts";
import type { ApiEnv, ApiOperation, ApiResource } from "./operation.ts";

type Registry = OpenAPIHono<ApiEnv>["openAPIRegistry"];
type RouteConfig = Parameters<Registry["registerPath"]>[0];

const TAGS: readonly ApiOperation["tag"][] = ["Environments", "API keys", "Engines", "Runs", "Webhooks"];

const ALWAYS: readonly ErrorCode[] = ["unauthorized", "forbidden", "internal", "overloaded", "unavailable"];

const ErrorSchema = z
  .strictObject({
    code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]).meta({ description: "Stable" }),
    message: z.string().meta({ description: "For people; may change" }),
    request_id: z.string(),
    details: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: "Which fields are wrong" }),
  })
  .meta({ id: "Error" });

const headersDescribed = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" as const } }]),
  );

/** Codes whose answers say when to try again. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(["rate_limited", "overloaded", "unavailable"]);
const RETRY_AFTER = { "Retry-After": "Seconds until it is worth trying again" };

function responseHeaders(operation: ApiOperation, codes: readonly ErrorCode[] = []) {
  const headers = {
    ...operation.responseHeaders,
    ...(codes.some((code) => RETRIED.has(code)) ? RETRY_AFTER : {}),
  };
  return Object.keys(headers).length === 0 ? {} : { headers: headersDescribed(headers) };
}

/** Answers other than success, by status: each names the codes that it can carry. */
function errorResponses(operation: ApiOperation): RouteConfig["responses"] {
  const codes = [...new Set([...operation.errors, ...ALWAYS])];
  const byStatus = Map.groupBy(codes, (code) => ERROR_STATUS[code]);
  const statuses = [...byStatus.keys()].toSorted((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: byStatus
          .get(status)!
          .map((code) => `\`${code}\``)
          .join(", "),
        ...responseHeaders(operation, byStatus.get(status)),
        content: { "application/json": { schema: ErrorSchema } },
      },
    ]),
  );
}

function success(operation: ApiOperation): RouteConfig["responses"] {
  const { status, response } = operation;
  const description = { 200: "Done", 201: "Created", 202: "Accepted", 204: "Done; no content" }[status];
  const answer = { description, ...responseHeaders(operation) };
  return { [status]: response ? { ...answer, content: { "application/json": { schema: response } } } : answer };
}

function paramsOf(operation: ApiOperation) {
  const params = Object.entries<ApiResource>(operation.params).map(([name, resource]) => [
    name,
    z.string().meta({ description: `Of the ${resource.replace("_", " ")}` }),
  ]);
  return params.length === 0 ? {} : { params: z.object(Object.fromEntries(params)) };
}

function headersOf(operation: ApiOperation) {
  const headers = Object.entries(operation.headers ?? {}).map(([name, description]) => [
    name,
    z.string().optional().meta({ description }),
  ]);
  return headers.length === 0 ? {} : { headers: z.object(Object.fromEntries(headers)) };
}

function bodyOf(operation: ApiOperation) {
  if (!operation.body) return {};
  const json = {
    schema: operation.body,
    ...(operation.exampleBody === undefined ? {} : { example: operation.exampleBody }),
  };
  return { body: { required: !operation.body.safeParse({}).success, content: { "application/json": json } } };
}

function routeOf(operation: ApiOperation, basePath: string): RouteConfig {
  return {
    operationId: operation.id,
    method: operation.method.toLowerCase() as Lowercase<ApiOperation["method"]>,
    path: basePath + operation.path,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    security: [operation.permission === undefined ? { callback: [] } : { bearer: [] }],
    request: {
      ...paramsOf(operation),
      ...headersOf(operation),
      ...(operation.query ? { query: operation.query as unknown as z.ZodObject } : {}),
      ...bodyOf(operation),
    },
    responses: { ...success(operation), ...errorResponses(operation) },
    ...(operation.permission === undefined ? {} : { "x-permission": operation.permission }),
    "x-live-key-only": operation.liveKeyOnly ?? false,
  };
}

/** Puts every operation into the app's registry. */
export function registerOperations(registry: Registry, basePath: string, operations: readonly ApiOperation[]): void {
  registry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "nx_<environment>_<64 hex digits>",
    description: "An environment's API key. The key decides in which environment everything happens.",
  });
  registry.registerComponent("securitySchemes", "callback", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "nxc_<43 characters>",
    description:
      "The token with which an http engine's service finishes a run. It came with the call, and is good for that run only.",
  });
  for (const operation of operations) registry.registerPath(routeOf(operation, basePath));
}

/** The document of everything registered. */
export function describeApi(app: OpenAPIHono<ApiEnv>) {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Nexio API",
      version: "1",
      description:
        "Environments, engines, runs and webhooks. Times are ISO 8601 UTC, lists are paged by `cursor`, unknown body fields are refused. " +
        "A path answers 405 `method_not_allowed` to a method that it has not, with the header Allow.",
    },
    servers: [{ url: apiUrl() }],
    tags: TAGS.map((name) => ({ name })),
  });
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path)) commaSeparate((operation as { parameters?: Parameter[] }).parameters);
  }
  return document;
}

type Parameter = { in: string; schema?: { type?: unknown }; style?: string; explode?: boolean };

/** Lists in queries are one parameter with commas; the generator knows only repeated parameters, the default of OpenAPI. */
function commaSeparate(parameters: readonly Parameter[] = []): void {
  for (const parameter of parameters) {
    if (parameter.in === "query" && parameter.schema?.type === "array") {
      Object.assign(parameter, { style: "form", explode: false });
    }
  }
}
