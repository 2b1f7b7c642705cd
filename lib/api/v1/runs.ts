/** /api/v1/runs and /api/v1/engines/{slug}/runs: submitting, reading, listing and canceling runs. */
import { RunCallbackSchema } from "../../engines/http-answer.ts";
import { RunTraceAnswerSchema, TraceQuerySchema } from "../../engines/trace-schema.ts";
import { isApiError } from "../../errors.ts";
import { finishByCallback } from "../../hot-path/callback.ts";
import { announcedBytes } from "../../http/held-bodies.ts";
import { MAX_BODY_BYTES, readBody } from "../../http/json-input.ts";
import type { PacedBody } from "../../http/paced-body.ts";
import {
  ListRunsQuerySchema,
  RunAcceptedSchema,
  RunFinishedSchema,
  RunPageSchema,
  RunSchema,
  SubmitRunSchema,
} from "../../runs/schema.ts";
import * as runs from "../../runs/service.ts";
import { getRunTrace, requireTracedRun } from "../../runs/trace-service.ts";
import { RunSearchSchema, SearchRunsSchema } from "../../runs/value-search-schema.ts";
import { searchRuns } from "../../runs/value-search-service.ts";
import { type ApiOperation, callbackOperation, operation, rawOperation } from "../operation.ts";
import { getRunCall, type JsonAnswer, submitRunCall } from "./run-endpoints.ts";

const tag = "Runs";

async function bodyOrTooLarge(request: Request, admitLarge: () => Promise<void>): Promise<Buffer | null> {
  try {
    return await readBody(request, MAX_BODY_BYTES, admitLarge);
  } catch (error) {
    // The refusal waits its turn: a key that does not work goes first.
    if (isApiError(error) && error.code === "payload_too_large") return null;
    throw error;
  }
}

function toResponse({ status, body, headers }: JsonAnswer<string | PacedBody>): Response {
  const content = { "content-type": "application/json", ...headers };
  if (typeof body === "string") return new Response(body, { status, headers: content });
  return new Response(body.stream, { status, headers: { ...content, "content-length": String(body.bytes) } });
}

export const runOperations: readonly ApiOperation[] = [
  rawOperation(
    {
      id: "submitRun",
      method: "POST",
      path: "/engines/{slug}/runs",
      tag,
      summary: "Submit a run",
      description:
        "Answers when the run is durable; it is then executed at least once and recorded exactly once. The environment is the key's.",
      permission: "runs:write",
      params: { slug: "engine" },
      headers: {
        "Idempotency-Key":
          "Once, 1 to 255 printable ASCII characters. An equal request within 24 hours gets the same answer, with idempotent-replayed: true",
      },
      body: SubmitRunSchema,
      exampleBody: { input: { amount: 50_000 } },
      status: 202,
      response: RunAcceptedSchema,
      responseHeaders: {
        "Idempotent-Replayed": "true where an equal request with the same Idempotency-Key got this answer before",
        "X-RateLimit-Limit": "Runs that the organization may send in a minute; these three only where it has a limit",
        "X-RateLimit-Remaining": "Runs that are left in the minute that began with the first of them",
        "X-RateLimit-Reset": "When that minute is over, in seconds since 1970",
      },
      errors: [
        "not_found",
        "payload_too_large",
        "invalid_request",
        "invalid_engine_version",
        "idempotency_key_reused",
        "engine_version_unavailable",
        "rate_limited",
        "overloaded",
      ],
    },
    async (c) =>
      toResponse(
        await submitRunCall({
          authorization: c.req.header("authorization"),
          idempotencyKey: c.env?.idempotencyKey ?? c.req.header("idempotency-key"),
          engineSlug: c.req.param("slug") ?? "",
          bodyBytes: announcedBytes(c.req.header("content-length"), c.req.header("transfer-encoding")),
          readBody: (admitLarge) => bodyOrTooLarge(c.req.raw, admitLarge),
        }),
      ),
  ),
  rawOperation(
    {
      id: "getRun",
      method: "GET",
      path: "/runs/{id}",
      tag,
      summary: "Get a run",
      permission: "runs:read",
      params: { id: "run" },
      status: 200,
      response: RunSchema,
      errors: ["not_found"],
    },
    async (c) => {
      const { signal } = c.req.raw;
      const id = c.req.param("id") ?? "";
      return toResponse(await getRunCall(c.req.header("authorization"), id, () => signal.aborted));
    },
  ),
  operation(
    {
      id: "getRunTrace",
      method: "GET",
      path: "/runs/{id}/trace",
      tag,
      summary: "Get a run's decision trace",
      description:
        "What each node of the graph was given, what it gave, and how long it took. Where no trace was recorded, the run's input is evaluated " +
        "again with the version that it ran on. `absent` says why there is none. The key needs runs:read and engines:manage.",
      permission: "engines:manage",
      params: { id: "run" },
      query: TraceQuerySchema,
      status: 200,
      response: RunTraceAnswerSchema,
      errors: ["not_found", "invalid_request", "overloaded"],
    },
    ({ scope, params, query, signal }) => getRunTrace(scope, params.id, query, signal),
    ({ scope, params }) => requireTracedRun(scope, params.id),
  ),
  operation(
    {
      id: "listRuns",
      method: "GET",
      path: "/runs",
      tag,
      summary: "List runs of the key's environment, newest first",
      permission: "runs:read",
      params: {},
      query: ListRunsQuerySchema,
      status: 200,
      response: RunPageSchema,
      errors: ["invalid_request"],
    },
    ({ scope, query }) => runs.listRuns(scope, query),
  ),
  operation(
    {
      id: "searchRuns",
      method: "POST",
      path: "/runs/search",
      tag,
      summary: "Search runs by a value of their input or output",
      description:
        "Payloads are not indexed: runs are looked through, newest first, at most 100,000 of at most 7 days. Each call looks through a part, for about a second; go on with next_cursor until done. One search at a time.",
      permission: "payloads:read",
      params: {},
      body: SearchRunsSchema,
      exampleBody: { query: "input.country:DE" },
      status: 200,
      response: RunSearchSchema,
      errors: ["payload_too_large", "invalid_request", "rate_limited", "overloaded"],
    },
    ({ scope, body, signal }) => searchRuns(scope, body, signal),
  ),
  operation(
    {
      id: "cancelRun",
      method: "POST",
      path: "/runs/{id}/cancel",
      tag,
      summary: "Cancel a run that has not ended",
      permission: "runs:write",
      params: { id: "run" },
      status: 200,
      response: RunSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    async ({ scope, params }) => runs.toRun(await runs.cancelRun(scope, params.id)),
    ({ scope, params }) => runs.requireRun(scope, params.id),
  ),
  callbackOperation(
    {
      id: "finishRun",
      method: "POST",
      path: "/runs/{id}/callback",
      tag,
      summary: "Finish a run of an http engine",
      description:
        "For the service that answered a call with 202, with the token that came with the call. A run is finished once: from then on, and after the callback's deadline, this is a 409.",
      params: { id: "run" },
      body: RunCallbackSchema,
      exampleBody: { output: { score: 0.87 } },
      status: 200,
      response: RunFinishedSchema,
      errors: ["payload_too_large", "invalid_request", "conflict"],
    },
    async (c) =>
      Response.json(
        await finishByCallback({
          authorization: c.req.header("authorization"),
          runId: c.req.param("id") ?? "",
          request: c.req.raw,
        }),
      ),
  ),
];
