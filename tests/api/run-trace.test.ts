/** Decision traces of runs, recorded or made when asked for, and trying a draft. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { evaluateNow } from "../../lib/engines/evaluate-now.ts";
import { exampleEngines, exampleRequests } from "../../lib/engines/examples/engines.ts";
import type { RunTraceAnswer } from "../../lib/engines/trace-schema.ts";
import { getRunTrace } from "../../lib/runs/trace-service.ts";
import type { EngineType, RunStatus } from "../../lib/generated/prisma/enums.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  publishEngineVersion,
  sessionScope,
  type TestEngine,
  type TestOrganization,
} from "../fixtures/factories.ts";
import {
  expressionGraph,
  type Graph,
  memoryEatingGraph,
  neverEndingGraph,
  passThroughGraph,
  throwingGraph,
} from "../fixtures/graphs.ts";
import { type ApiHost, forEachHost } from "../fixtures/hosts.ts";

const TWICE = expressionGraph({ twice: "amount * 2" });
const PLACEMENT = expressionGraph({ eligible: "offering.points > 0", score: "offering.points", reasons: "['r']" });
const placement = (count: number) => ({
  input: { a: 1 },
  offerings: Array.from({ length: count }, (_, points) => ({ id: `o${points}`, name: `Offering ${points}`, points })),
});

let org: TestOrganization;
beforeEach(async () => {
  org = await createOrganization();
});

/** A run that has ended as its graph says, without a recorded trace. */
async function endedRun(
  engine: TestEngine,
  graph: Graph,
  {
    type = "entity_analysis" as "entity_analysis" | "placement",
    request = { input: { amount: 21 } } as object,
    status = "COMPLETED" as RunStatus,
  } = {},
): Promise<string> {
  const id = await createRun(org.live, engine, { status: "PENDING" });
  const payload = JSON.stringify(request);
  const { result } = await evaluateNow(org.id, {
    type,
    config: JSON.stringify(graph),
    payload,
    timeoutMs: 5_000,
    tracing: { maxChars: 0 },
  });
  await sql("update run_payload set body = $2 where run_id = $1 and kind = 'input'", [id, payload]);
  await sql("insert into run_payload (org_id, run_id, kind, body) values ($1, $2, 'output', $3)", [
    org.id,
    id,
    result.body,
  ]);
  await end(id, status);
  return id;
}

const end = (id: string, status: RunStatus, errorCode: string | null = null) =>
  sql("update run set status = $2, completed_at = now(), error_code = $3 where id = $1", [id, status, errorCode]);

const record = (id: string, body: string) =>
  sql("insert into run_payload (org_id, run_id, kind, body) values ($1, $2, 'trace', $3)", [org.id, id, body]);

const trace = (id: string, offering?: string) => getRunTrace(sessionScope(org, "developer"), id, { offering });
const nodesOf = (answer: RunTraceAnswer) =>
  answer.trace?.evaluations.map(({ offering_id: offering, nodes }) => [offering, nodes.map((node) => node.node_id)]);

describe("the trace of a run", () => {
  test("is what was recorded, where it was", async () => {
    const engine = await createEngine(org, { graph: TWICE });
    const id = await endedRun(engine, TWICE);
    const node = { id: "expr", name: "As it was", input: { amount: 7 }, output: null, order: 0, performance: "1.5ms" };
    await record(id, JSON.stringify({ evaluations: [{ zen: { expr: node } }] }));
    expect(await trace(id)).toEqual({
      run_id: id,
      engine: engine.slug,
      engine_version: "1.0",
      source: "recorded",
      trace: {
        evaluations: [
          {
            nodes: [
              {
                node_id: "expr",
                name: "As it was",
                type: "expressionNode",
                order: 0,
                duration_us: 1_500,
                input: { amount: 7 },
                output: null,
              },
            ],
          },
        ],
      },
      graph: { nodes: TWICE.nodes, edges: TWICE.edges },
    });
  });

  test("is made again from the version that it ran on, and is told to come to the same output", async () => {
    const engine = await createEngine(org, { graph: TWICE });
    const id = await endedRun(engine, TWICE);
    await publishEngineVersion(org, engine, { major: 2, minor: 0, graph: throwingGraph() });
    const answer = await trace(id);
    expect(answer).toMatchObject({ source: "evaluated_again", matches_output: true, engine_version: "1.0" });
    expect(nodesOf(answer)).toEqual([[undefined, ["input", "expr", "output"]]]);
    expect(answer.trace!.evaluations[0]!.nodes[1]).toMatchObject({ input: { amount: 21 }, output: { twice: 42 } });
  });

  test("of an analysis is of no offering", async () => {
    const id = await endedRun(await createEngine(org, { graph: TWICE }), TWICE);
    expect(await trace(id, "o1")).toMatchObject({ trace: null, absent: { reason: "no_such_offering" } });
  });

  test("made again says so where chance comes to something else", async () => {
    const graph = expressionGraph({ chance: "rand(1000000000)" });
    const id = await endedRun(await createEngine(org, { graph }), graph);
    expect(await trace(id)).toMatchObject({ source: "evaluated_again", matches_output: false });
  });

  test("of a run that failed goes up to the node that failed", async () => {
    const graph = throwingGraph();
    const id = await endedRun(await createEngine(org, { graph }), graph, { status: "FAILED" });
    const answer = await trace(id);
    expect(answer).toMatchObject({ matches_output: true });
    expect(nodesOf(answer)).toEqual([[undefined, ["input", "fn"]]]);
  });

  test("of a placement is that of every offering, or of one", async () => {
    const engine = await createEngine(org, { graph: PLACEMENT, type: "placement" });
    const id = await endedRun(engine, PLACEMENT, { type: "placement", request: placement(4) });
    const all = await trace(id);
    expect(all.trace!.evaluations.map((one) => one.offering_id)).toEqual(["o3", "o2", "o1", "o0"]);
    const one = await trace(id, "o2");
    expect(one).toMatchObject({ source: "evaluated_again", matches_output: true });
    expect(nodesOf(one)).toEqual([["o2", ["input", "expr", "output"]]]);
    expect(await trace(id, "no-such")).toMatchObject({ trace: null, absent: { reason: "no_such_offering" } });
  });

  test("of an offering that was left out of the recorded one is made again", async () => {
    const engine = await createEngine(org, { graph: PLACEMENT, type: "placement" });
    const id = await endedRun(engine, PLACEMENT, { type: "placement", request: placement(3) });
    const zen = { expr: { id: "expr", name: "As it was", order: 0, input: null, output: null } };
    await record(id, JSON.stringify({ evaluations: [{ offering_id: "o2", zen }], omitted: 2 }));
    expect(await trace(id)).toMatchObject({ source: "recorded", trace: { omitted: { evaluations: 2 } } });
    expect(await trace(id, "o2")).toMatchObject({ source: "recorded" });
    expect(await trace(id, "o1")).toMatchObject({ source: "evaluated_again", matches_output: true });
  });

  test("of which all was left out for its size is made again", async () => {
    const id = await endedRun(await createEngine(org, { graph: TWICE }), TWICE);
    await record(id, JSON.stringify({ evaluations: [], omitted: 1 }));
    expect(await trace(id)).toMatchObject({ source: "evaluated_again", matches_output: true });
  });

  test("of the examples is made again to the byte", async () => {
    for (const { slug, type, config } of exampleEngines) {
      const engine = await createEngine(org, { slug, type, graph: config as unknown as Graph });
      const request = exampleRequests.get(slug)!;
      const id = await endedRun(engine, config as unknown as Graph, { type, request });
      expect(await trace(id)).toMatchObject({ source: "evaluated_again", matches_output: true });
    }
  });

  const absences: [string, EngineType, Graph, (id: string) => Promise<unknown>][] = [
    ["not_ended", "entity_analysis", TWICE, () => Promise.resolve()],
    ["canceled", "entity_analysis", TWICE, (id) => end(id, "CANCELED")],
    ["no_graph", "http", TWICE, (id) => end(id, "COMPLETED")],
    ["interrupted", "entity_analysis", TWICE, (id) => end(id, "FAILED", "engine_timeout")],
    ["interrupted", "entity_analysis", memoryEatingGraph(), (id) => end(id, "COMPLETED")],
    ["not_reached", "placement", TWICE, (id) => end(id, "FAILED", "engine_error")],
    [
      "removed",
      "entity_analysis",
      TWICE,
      async (id) => {
        await end(id, "COMPLETED");
        await sql("delete from run_payload where run_id = $1", [id]);
      },
    ],
    [
      "too_large",
      "entity_analysis",
      TWICE,
      async (id) => {
        await end(id, "COMPLETED");
        const body = JSON.stringify({ input: "x".repeat(2 << 20) });
        await sql("update run_payload set body = $2 where run_id = $1", [id, body]);
      },
    ],
  ];
  test.each(absences)("is absent and says so: %s, %s", async (reason, type, graph, make) => {
    const engine = await createEngine(org, { type, graph });
    const id = await createRun(org.live, engine, { status: "RUNNING" });
    await make(id);
    const answer = await trace(id);
    expect(answer).toMatchObject({ trace: null, absent: { reason, message: expect.any(String) as string } });
    expect(answer).not.toHaveProperty("source");
  });

  test("is refused to a member, who sees no payloads", async () => {
    const engine = await createEngine(org, { graph: TWICE });
    const id = await endedRun(engine, TWICE);
    await expect(getRunTrace(sessionScope(org, "member"), id, {})).rejects.toMatchObject({ code: "forbidden" });
  });
});

forEachHost(["server", "mount"], (host) => {
  let key: { authorization: { authorization: string } };
  beforeEach(async () => {
    key = await createKey(org.live);
  });
  const get = (path: string) => host.fetch(`/api/v1${path}`, { headers: key.authorization });

  test("GET /runs/{id}/trace answers for a run of the key's environment only", async () => {
    const engine = await createEngine(org, { graph: TWICE });
    const id = await endedRun(engine, TWICE);
    const dev = await createEnvironment(org);
    const foreign = await createRun(dev, engine, { status: "COMPLETED" });
    const answer = await get(`/runs/${id}/trace`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { run_id: id, matches_output: true }]);
    expect((await get(`/runs/${foreign}/trace`)).status).toBe(404);
    for (const scopes of [["runs:read"], ["engines:manage"]] as const) {
      const { authorization } = await createKey(org.live, { scopes });
      const refused = await host.fetch(`/api/v1/runs/${id}/trace`, { headers: authorization });
      expect([scopes, refused.status]).toEqual([scopes, 403]);
    }
    expect((await get(`/runs/${foreign}/trace?no=such`)).status).toBe(404);
    expect((await get(`/runs/${id}/trace?no=such`)).status).toBe(400);
  });
});

type TryAnswer = { status: number; body: Record<string, unknown> };

async function tryOut(host: ApiHost, key: { authorization: object }, slug: string, body: object): Promise<TryAnswer> {
  const response = await host.fetch(`/api/v1/engines/${slug}/try`, {
    method: "POST",
    headers: { ...key.authorization, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

forEachHost(["server", "mount"], (host) => {
  let key: Awaited<ReturnType<typeof createKey>>;
  let slug: string;
  beforeEach(async () => {
    key = await createKey(org.live);
    slug = (await createEngine(org, { graph: TWICE })).slug;
  });

  test("a try answers with output, time and trace, and leaves nothing behind", async () => {
    const { status, body } = await tryOut(host, key, slug, { input: { amount: 4 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "COMPLETED",
      output: { twice: 8 },
      duration_ms: expect.any(Number) as number,
      trace: { evaluations: [{ nodes: [{ node_id: "input" }, { node_id: "expr" }, { node_id: "output" }] }] },
    });
    for (const table of ["run", "run_payload", "usage_delta", "audit_event"])
      expect(await sql(`select from ${table} where org_id = $1`, [org.id])).toEqual([]);
  });

  test("a try takes a config of its own, and offerings", async () => {
    const placing = await createEngine(org, { type: "placement", graph: TWICE });
    const { body } = await tryOut(host, key, placing.slug, { config: PLACEMENT, ...placement(2) });
    expect(body).toMatchObject({ status: "COMPLETED", solutions: [{ offering_id: "o1", rank: 1 }] });
  });

  test.each([
    ["throws", throwingGraph(), "engine_error"],
    ["eats memory", memoryEatingGraph(), "engine_memory"],
    ["ends its process", expressionGraph({ x: "10000000000 * 10000000000000" }), "engine_crashed"],
    ["is no graph", { nodes: 5 }, "engine_error"],
    [
      "has edges to nowhere",
      { nodes: TWICE.nodes, edges: [{ id: "e", sourceId: "no", targetId: "such" }] },
      "engine_error",
    ],
  ])("a draft that %s answers with the code of runs", async (_, config, code) => {
    const { status, body } = await tryOut(host, key, slug, { config, input: {} });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "FAILED", error: { code } });
  });

  test("a draft that never ends answers with the code of runs when its time is over", async () => {
    const { slug: impatient } = await createEngine(org, { timeoutMs: 400 });
    const { status, body } = await tryOut(host, key, impatient, { config: neverEndingGraph(), input: {} });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "FAILED", error: { code: "engine_timeout" } });
  });

  test("what cannot be tried is refused", async () => {
    const http = await createEngine(org, { type: "http" });
    await sql("update engine set draft_config = null where org_id = $1 and slug = $2", [org.id, slug]);
    expect(await tryOut(host, key, slug, { input: {} })).toMatchObject({
      status: 422,
      body: { code: "unprocessable" },
    });
    expect(await tryOut(host, key, http.slug, { input: {} })).toMatchObject({ status: 422 });
    expect(await tryOut(host, key, slug, {})).toMatchObject({ status: 400, body: { details: [{ path: "input" }] } });
    expect(await tryOut(host, key, slug, { input: 1, no: "such" })).toMatchObject({ status: 400 });
    expect(await tryOut(host, key, "no-such", {})).toMatchObject({ status: 404 });
    const reader = await createKey(org.live, { scopes: ["runs:read", "runs:write"] });
    expect(await tryOut(host, reader, slug, { input: 1 })).toMatchObject({ status: 403 });
  });
});

describe("many at once", () => {
  let other: TestOrganization;
  beforeAll(async () => {
    other = await createOrganization();
  });

  test("an organization whose tries hang is refused more, and others get their turn", async () => {
    const hang = {
      type: "entity_analysis" as const,
      config: JSON.stringify(neverEndingGraph()),
      payload: '{"input":{}}',
      timeoutMs: 300,
      tracing: { maxChars: 0 },
    };
    const tries = Promise.allSettled(Array.from({ length: 20 }, () => evaluateNow(org.id, hang)));
    const quick = await evaluateNow(other.id, {
      ...hang,
      config: JSON.stringify(passThroughGraph()),
      timeoutMs: 60_000,
    });
    expect(quick.result.status).toBe("COMPLETED");
    const outcomes = await tries;
    const refused = outcomes.filter((one) => one.status === "rejected");
    expect(refused).toHaveLength(11);
    expect(refused[0]!.reason).toMatchObject({ code: "overloaded" });
    const ended = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value.result.errorCode] : []));
    expect(new Set(ended)).toEqual(new Set(["engine_timeout"]));
  });

  test("tries whose callers have gone end, those that hang and those that wait, and keep nobody waiting", async () => {
    const reader = new AbortController();
    const hang = {
      type: "entity_analysis" as const,
      config: JSON.stringify(neverEndingGraph()),
      payload: '{"input":{}}',
      timeoutMs: 10_000,
      tracing: { maxChars: 0 },
      gone: reader.signal,
    };
    const tries = Promise.allSettled(Array.from({ length: 9 }, () => evaluateNow(org.id, hang)));
    reader.abort();
    for (const outcome of await tries) expect(outcome).toMatchObject({ reason: { code: "overloaded" } });
    const { result } = await evaluateNow(org.id, {
      ...hang,
      gone: undefined,
      config: JSON.stringify(passThroughGraph()),
    });
    expect(result.status).toBe("COMPLETED");
  });
});
