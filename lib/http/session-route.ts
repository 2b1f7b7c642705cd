/**
 * The one wrapper of portal routes (app/api): declares what a route takes, who may call it and what it answers, and refuses in one order:
 * 401, 403, 404, 413, 400; 422, 409 and 429 come from the service.
 *
 *     export const GET = sessionRoute({ query: ListKeys, response: KeyPage, permission: "api_keys:read" }, ({ scope, query }) => list(scope, query));
 */
import type { z } from "zod";
import { crossOriginProblem } from "../auth/origin.ts";
import type { AnyPermission } from "../auth/permissions.ts";
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import { REQUEST_ID_HEADER } from "../auth/request-context.ts";
import { requireSession, type Session } from "../auth/session.ts";
import { allIsReadOnly, readableEnvironment, writableEnvironment } from "../auth/session-environment.ts";
import { ALL_SLUG, ENVIRONMENT_PARAM, LIVE_SLUG } from "../environments/environment-param.ts";
import { ApiError, invalidField, isApiError, notFound } from "../errors.ts";
import { newRequestId } from "../ids.ts";
import { loggerFor } from "../logger.ts";
import { publicError } from "../public-error.ts";
import { errorResponse } from "./error-response.ts";
import { withParsedBody } from "./held-bodies.ts";
import { parseJsonBody } from "./json-input.ts";
import { jsonResponse, type Reader } from "./json-response.ts";
import { parseQuery, pathText, singleParameter } from "./url-texts.ts";
import { parseInput } from "./validation.ts";

type Schema = z.ZodType;
type Output<S> = S extends Schema ? z.output<S> : Record<string, never>;
type Environment = "read" | "one" | "any";
/** What a handler gives back: what its response schema takes, or a Response of its own (a stream). */
type Answered<S> = (S extends Schema ? z.input<S> : void) | Response;

/** What a route declares. The isolation matrix and the architecture test read it from the exported function. */
export type RouteDeclaration<
  Params extends Schema | undefined = Schema | undefined,
  Query extends Schema | undefined = Schema | undefined,
  Body extends Schema | undefined = Schema | undefined,
  Response extends Schema | undefined = Schema | undefined,
  Env extends Environment | undefined = Environment | undefined,
  Found = unknown,
> = {
  /** Who may call it; without it every signed-in member of an organization. */
  permission?: AnyPermission;
  /** Shape of the path's parameters; one that does not fit is a 404. */
  params?: Params;
  /** Shape of the query; without it the query is not looked at. */
  query?: Query;
  /** Shape of the JSON body; an empty body counts as `{}`. Without it a body may only be empty or `{}`. */
  body?: Body;
  /** Shape of the answer; an answer that does not fit is our 500. None for 204 and for streams. */
  response?: Response;
  /** Of a success. Default 200, or 204 where there is no response schema. */
  status?: 200 | 201 | 202 | 204;
  /**
   * `?environment=`. `read` gives one environment or `all`, `one` the environment that a write is made in: live where the query names none.
   * Every write that says nothing here gets the environment that the query names, or undefined where it names none. Both are refused for
   * `all`; `any` is for the few that are the same whatever is being looked at.
   */
  environment?: Env;
  /** Finds what the path names, before the body is read: its 404 goes before the body's 413 and 400. */
  find?: (input: { scope: OrgScope; within: OrgScope | EnvironmentScope; params: Output<Params> }) => Promise<Found>;
};

type RouteInput<Params, Query, Body, Env, Found> = {
  session: Session;
  scope: OrgScope;
  /** What a write may touch: the environment that the query names, else the organization. What stands elsewhere is a 404. */
  within: OrgScope | EnvironmentScope;
  params: Output<Params>;
  query: Output<Query>;
  body: Output<Body>;
  /** What `find` has found. */
  found: Found;
  environment: Env extends "read" ? EnvironmentScope | "all" : Env extends "one" ? EnvironmentScope : undefined;
  /** The body's bytes; empty for reads. */
  raw: Buffer;
  /** For streams: their end is the request's. */
  request: Request;
};

type PathParams = Record<string, string | string[] | undefined>;
/** Next says undefined for a path without parameters. */
type RouteContext = { params: Promise<PathParams | undefined> };

export type PortalRoute = {
  (request: Request, context: RouteContext): Promise<Response>;
  readonly declaration: RouteDeclaration;
};

const log = loggerFor("portal");

function refuseOtherCredentials(request: Request): void {
  if (/^bearer /i.test(request.headers.get("authorization") ?? "")) {
    throw new ApiError("unauthorized", "This route takes the portal's session cookie, not an API key");
  }
}

const isRead = ({ method }: Request) => method === "GET" || method === "HEAD";

function refuseOtherOrigins(request: Request): void {
  if (isRead(request)) return;
  const problem = crossOriginProblem(request.headers);
  if (problem) throw new ApiError("forbidden", `A write must come from the portal itself, not with ${problem}`);
}

function parseParams<S extends Schema | undefined>(schema: S, params: PathParams): Output<S> {
  const texts = Object.entries(params).map(([name, text]) => [name, typeof text === "string" ? pathText(text) : text]);
  const parsed = schema?.safeParse(Object.fromEntries(texts));
  if (parsed?.success === false) throw notFound("Page");
  return (parsed?.data ?? {}) as Output<S>;
}

function searchOf(
  request: Request,
  withoutEnvironment: boolean,
): { search: URLSearchParams; slug: string | undefined } {
  const search = new URL(request.url).searchParams;
  const slug = singleParameter(search, ENVIRONMENT_PARAM);
  if (withoutEnvironment) search.delete(ENVIRONMENT_PARAM);
  return { search, slug };
}

const JSON_TYPE = /^application\/(json|[\w.-]+\+json)\s*(;|$)/i;

function parseBody<S extends Schema | undefined>(schema: S, request: Request, raw: Buffer): Output<S> {
  if (isRead(request)) return {} as Output<S>;
  const type = request.headers.get("content-type");
  // A form of another site can send any type but this one without being asked for leave.
  if (type === null ? raw.byteLength > 0 : !JSON_TYPE.test(type)) {
    throw invalidField("content-type", "must be application/json");
  }
  const value = parseJsonBody(raw);
  if (schema) return parseInput(schema, value, "body") as Output<S>;
  const unknown = typeof value === "object" && value !== null ? Object.keys(value)[0] : "body";
  if (unknown !== undefined) throw invalidField(unknown, "unknown field");
  return {} as Output<S>;
}

function successResponse(declaration: RouteDeclaration, answer: unknown, read: Reader | null): Response {
  if (answer instanceof Response) return answer;
  const { response, status = response ? 200 : 204 } = declaration;
  if (status === 204) return new Response(null, { status });
  return jsonResponse(response ? response.parse(answer) : answer, status, read);
}

/**
 * Makes the wrapper over a way to find the session; `sessionRoute` is the portal's. Unexpected errors are logged whole and answered as a bare 500,
 * an absent database as 503.
 */
export function makeSessionRoute(authenticate: () => Promise<Session>) {
  return function sessionRoute<
    Found = undefined,
    Params extends Schema | undefined = undefined,
    Query extends Schema | undefined = undefined,
    Body extends Schema | undefined = undefined,
    Answer extends Schema | undefined = undefined,
    Env extends Environment | undefined = undefined,
  >(
    declaration: RouteDeclaration<Params, Query, Body, Answer, Env, Found>,
    handler: (input: RouteInput<Params, Query, Body, Env, Found>) => Answered<Answer> | Promise<Answered<Answer>>,
  ): PortalRoute {
    async function answer(request: Request, context: RouteContext): Promise<Response> {
      refuseOtherCredentials(request);
      const session = await authenticate();
      const { scope } = session;
      if (declaration.permission) requirePermission(scope, declaration.permission);
      refuseOtherOrigins(request);

      const params = parseParams(declaration.params as Params, (await context.params) ?? {});
      const { environment: wanted } = declaration;
      const { search, slug } = searchOf(request, wanted !== undefined || !isRead(request));
      const readable = wanted === "read" ? await readableEnvironment(scope, slug) : undefined;
      const writes = wanted === "one" || (wanted === undefined && !isRead(request));
      const target = writes
        ? await writableEnvironment(scope, wanted === "one" ? (slug ?? LIVE_SLUG) : slug)
        : undefined;
      const within = target === undefined || target === ALL_SLUG ? scope : target;
      const found = (await declaration.find?.({ scope, within, params })) as Found;

      return withParsedBody(request, scope.orgId, async (raw) => {
        const body = parseBody(declaration.body as Body, request, raw);
        const query = (declaration.query ? parseQuery(declaration.query, search) : {}) as Output<Query>;
        if (target === ALL_SLUG) throw allIsReadOnly();
        const environment = wanted === "one" ? target : readable;
        const input = { session, scope, within, params, query, body, raw, found, environment, request };
        return successResponse(
          declaration as unknown as RouteDeclaration,
          await handler(input as RouteInput<Params, Query, Body, Env, Found>),
          isRead(request) ? { orgId: scope.orgId, request } : null,
        );
      });
    }

    async function route(request: Request, context: RouteContext): Promise<Response> {
      const requestId = request.headers.get(REQUEST_ID_HEADER) ?? newRequestId();
      let response: Response;
      try {
        response = await answer(request, context);
      } catch (error) {
        rethrowNextControlFlow(error);
        const refusal = publicError(error);
        if (!isApiError(error) && !isCutOff(error, request)) {
          log.error(
            { err: error, request_id: requestId, method: request.method, path: new URL(request.url).pathname },
            "a route failed",
          );
        }
        response = errorResponse(refusal, requestId);
      }
      response.headers.set(REQUEST_ID_HEADER, requestId);
      return response;
    }

    return Object.assign(route, { declaration: declaration as unknown as RouteDeclaration });
  };
}

/** Whether the caller went in the middle of the request's body: nobody's failure, and nobody reads the answer. */
function isCutOff(error: unknown, { signal }: Request): boolean {
  return signal.aborted && error instanceof Error && "code" in error && error.code === "ECONNRESET";
}

// Next tells itself by thrown values that a route must run at request time; swallowed, they would be answered as a 500 during the build.
function rethrowNextControlFlow(error: unknown): void {
  if (typeof error === "object" && error !== null && "digest" in error) throw error;
}

/** A portal route over AuthKit's session. */
export const sessionRoute = makeSessionRoute(requireSession);
