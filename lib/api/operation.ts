/**
 * Operations of the bearer API as data: the app mounts them, the OpenAPI document and the isolation tests read them. An operation is a
 * declaration and one service call; the order of refusals (401, 403, 404, 413, 400, then the service's own) is made here, once.
 */
import type { Context } from "hono";
import type { z } from "zod";
import { authenticateApiKey } from "../auth/credentials.ts";
import type { AnyPermission } from "../auth/permissions.ts";
import { type EnvironmentScope, type RequestContext, requirePermission } from "../auth/principal.ts";
import { ApiError, type ErrorCode, invalidField } from "../errors.ts";
import { withParsedBody } from "../http/held-bodies.ts";
import { parseJsonBody } from "../http/json-input.ts";
import { jsonResponse } from "../http/json-response.ts";
import { parseQuery, pathText } from "../http/url-texts.ts";
import { parseInput } from "../http/validation.ts";
import type { IdempotencyKeyHeader } from "../runs/idempotency-key.ts";

/** What the host of the app hands to `app.fetch(request, bindings)`. */
export type ApiBindings = {
  /** Made by the host where it logs by it; else by the app. Never taken from the caller. */
  requestId?: string;
  /** See lib/http/client-address.ts. */
  clientIp?: string | null;
  /** From a host that can tell whether it was sent more than once. */
  idempotencyKey?: IdempotencyKeyHeader;
};

export type ApiEnv = { Bindings: ApiBindings; Variables: { request: RequestContext } };
export type ApiContext = Context<ApiEnv>;

/** What a parameter of a path names. */
export type ApiResource =
  | "environment"
  | "engine"
  | "http_engine"
  | "engine_version"
  | "run"
  | "bulk_operation"
  | "webhook"
  | "delivery";

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;
type Params<Path extends string> = { [Name in ParamNames<Path>]: string };

type ObjectSchema = z.ZodType<Record<string, unknown>>;
type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : Record<string, never>;

export type Declaration<
  Path extends string = string,
  Query extends ObjectSchema | undefined = ObjectSchema | undefined,
  Body extends ObjectSchema | undefined = ObjectSchema | undefined,
  Answer extends z.ZodType | undefined = z.ZodType | undefined,
> = {
  /** Unique; the name of the call in generated clients. */
  id: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below /api/v1. */
  path: Path;
  tag: "Environments" | "API keys" | "Engines" | "Runs" | "Webhooks";
  summary: string;
  description?: string;
  /** What the key must be allowed to. */
  permission: AnyPermission;
  /** Whether only keys of the live environment may call it: it changes what is common to all environments. */
  liveKeyOnly?: true;
  /** What each parameter of the path names: another organization's is a 404. */
  params: { [Name in ParamNames<Path>]: ApiResource };
  query?: Query;
  /** Request headers beside Authorization, with what they are for. */
  headers?: Record<string, string>;
  /** An empty body counts as `{}`. Without a schema a body may only be empty or `{}`. */
  body?: Body;
  /** A body that the operation takes, for the document and the tests. */
  exampleBody?: unknown;
  /** Of a success: 204 has no answer. */
  status: 200 | 201 | 202 | 204;
  response?: Answer;
  /** Headers that every answer of it may carry, with what they say. */
  responseHeaders?: Record<string, string>;
  /** What it refuses beside what every operation can: unauthorized, forbidden, rate_limited, internal, overloaded, unavailable. */
  errors: readonly ErrorCode[];
};

/** A mounted operation. `respond` may throw; the app makes the answer of it. */
export type ApiOperation = Omit<Declaration, "params" | "permission"> & {
  /** What the key must be allowed to; undefined where no key is taken but the token of a run's callback. */
  permission: AnyPermission | undefined;
  params: Readonly<Record<string, ApiResource>>;
  respond: (c: ApiContext) => Promise<Response>;
};

type Input<Path extends string, Query, Body> = {
  scope: EnvironmentScope;
  params: Params<Path>;
  query: Output<Query>;
  body: Output<Body>;
  /** Aborted when the caller goes away. */
  signal: AbortSignal;
};

/** Throws 403 for a key without the permission, or of another environment where only live's may call. */
export function authorize(scope: EnvironmentScope, declaration: Pick<Declaration, "permission" | "liveKeyOnly">): void {
  requirePermission(scope, declaration.permission);
  if (declaration.liveKeyOnly && scope.environmentKind !== "live") {
    throw new ApiError("forbidden", `This needs a key of the live environment, not of ${scope.environmentSlug}`);
  }
}

function bodyOf(schema: ObjectSchema | undefined, raw: Buffer, c: ApiContext): Record<string, unknown> {
  if (c.req.method === "GET" || c.req.method === "HEAD") return {};
  const value = parseJsonBody(raw);
  if (schema) return parseInput(schema, value, "body");
  const unknown = typeof value === "object" && value !== null ? Object.keys(value)[0] : "body";
  if (unknown !== undefined) throw invalidField(unknown, "unknown field");
  return {};
}

/** The parameters of the path, by their names. */
function paramsOf(c: ApiContext): Record<string, string> {
  return Object.fromEntries(Object.entries(c.req.param()).map(([name, text]) => [name, pathText(text)]));
}

/**
 * An operation whose body and query are checked by their schemas and whose work is one call. `find` looks up what the path names before
 * the body is read, so that its 404 goes before the body's 413 and 400. An answer that does not fit its schema is our 500.
 */
export function operation<
  const Path extends string,
  Query extends ObjectSchema | undefined = undefined,
  Body extends ObjectSchema | undefined = undefined,
  Answer extends z.ZodType | undefined = undefined,
>(
  declaration: Declaration<Path, Query, Body, Answer>,
  run: (input: Input<Path, Query, Body>) => Promise<Answer extends z.ZodType ? z.input<Answer> : void>,
  find?: (input: { scope: EnvironmentScope; params: Params<Path> }) => Promise<unknown>,
): ApiOperation {
  async function respond(c: ApiContext): Promise<Response> {
    const scope = await authenticateApiKey(c.req.header("authorization"), c.var.request);
    authorize(scope, declaration);
    const params = paramsOf(c) as Params<Path>;
    await find?.({ scope, params });
    return withParsedBody(c.req.raw, scope.orgId, async (raw) => {
      const body = bodyOf(declaration.body, raw, c) as Output<Body>;
      const { query: schema } = declaration;
      const query = (schema ? parseQuery(schema, new URL(c.req.url).searchParams) : {}) as Output<Query>;
      const answer = await run({ scope, params, query, body, signal: c.req.raw.signal });
      if (!declaration.response) return new Response(null, { status: declaration.status });
      const read = declaration.method === "GET" ? { orgId: scope.orgId, request: c.req.raw } : null;
      return jsonResponse(declaration.response.parse(answer), declaration.status, read);
    });
  }
  return { ...(declaration as unknown as Declaration), respond };
}

/** An operation that takes no key but the token of a run's callback, and does everything itself. */
export function callbackOperation<const Path extends string>(
  declaration: Omit<Declaration<Path>, "permission" | "liveKeyOnly">,
  respond: (c: ApiContext) => Promise<Response>,
): ApiOperation {
  return { ...(declaration as unknown as Declaration), permission: undefined, respond };
}

/** An operation that does everything itself, the key check too; for the hot path. */
export function rawOperation<const Path extends string>(
  declaration: Declaration<Path>,
  respond: (c: ApiContext) => Promise<Response>,
): ApiOperation {
  return { ...(declaration as unknown as Declaration), respond };
}
