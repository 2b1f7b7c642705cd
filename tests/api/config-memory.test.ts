/** Large configs that are compared, validated and saved at once, and traces with them, cannot take the web process's memory, which is limited here to what a few dozen of them would fill. */
import { afterEach, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createKey,
  createOrganization,
  createRun,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import type { Graph } from "../fixtures/graphs.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

const RULES = 900;
const COLUMNS = 50;

let server: TestServer;
afterEach(() => server?.stop());

async function startWithHeap(megabytes: number): Promise<void> {
  server = await startServer({ env: { NODE_OPTIONS: `--max-old-space-size=${megabytes}` } });
}

type Rule = Record<string, string>;

const nodeOf = (id: string, type: string) => ({ id, type, name: id, position: { x: 0, y: 0 } });
const edgeOf = (sourceId: string, targetId: string) => ({ id: sourceId, type: "edge" as const, sourceId, targetId });

/** A table of 586 KB. */
function tableGraph(rules: readonly Rule[]): Graph {
  const columns = Array.from({ length: COLUMNS }, (_, c) => ({ id: `c${c}`, name: `Column ${c}`, field: `f${c}` }));
  const content = { hitPolicy: "first", inputs: columns.slice(0, 25), outputs: columns.slice(25), rules };
  return {
    nodes: [
      nodeOf("in", "inputNode"),
      { ...nodeOf("table", "decisionTableNode"), content },
      nodeOf("out", "outputNode"),
    ],
    edges: [edgeOf("in", "table"), edgeOf("table", "out")],
  };
}

/** A graph of 300 KB that takes 30 times as much as objects. */
function hollowGraph(): Graph {
  const [start, ...others] = tableGraph([]).nodes;
  return {
    ...tableGraph([]),
    nodes: [{ ...start!, content: { notes: Array.from({ length: 100_000 }, () => ({})) } }, ...others],
  };
}

const PUBLISHED: readonly Rule[] = Array.from({ length: RULES }, (_, i) =>
  Object.fromEntries([
    ["_id", `r${i}`],
    ...Array.from({ length: COLUMNS }, (_, c) => [`c${c}`, c < 25 ? `> ${i}` : `${i}`]),
  ]),
);
const DRAFT: readonly Rule[] = PUBLISHED.map((rule, i) => ({ ...rule, _id: `z${i}`, c0: `>= ${i * 2}` })).reverse();

type Caller = { key: TestKey; engine: TestEngine };

const send = ({ key }: Pick<Caller, "key">, method: string, path: string, body?: unknown) =>
  fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: { ...key.authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const call = (caller: Caller, method: string, path: string, body?: unknown) =>
  send(caller, method, `engines/${caller.engine.slug}/${path}`, body);

/** Has an answer, or is told to come again as is proper. */
async function statusOf(answering: Promise<Response>): Promise<number> {
  const answer = await answering;
  const text = await answer.text();
  if (answer.status !== 503) return answer.status;
  expect([answer.headers.get("retry-after"), text]).toEqual([
    expect.stringMatching(/^\d+$/),
    expect.stringContaining('"overloaded"'),
  ]);
  return 503;
}

type LargeCaller = Caller & {
  /** A run with a recorded trace. */
  traced: string;
  /** One without: what is asked for is evaluated. */
  untraced: string;
};

const RECORDED = JSON.stringify({
  evaluations: [{ zen: { table: { id: "table", order: 0, input: null, output: "x".repeat(100_000) } } }],
});

async function createTracedRun(org: TestOrganization, engine: TestEngine): Promise<string> {
  const id = await createRun(org.live, engine, { status: "COMPLETED" });
  const values = [org.id, id, RECORDED];
  await sql("insert into run_payload (org_id, run_id, kind, body) values ($1, $2, 'trace', $3)", values);
  return id;
}

/** Somebody with a version that runs have gone through. */
async function createReader(graph: Graph): Promise<LargeCaller> {
  const org = await createOrganization();
  const engine = await createEngine(org, { graph });
  return {
    engine,
    key: await createKey(org.live),
    traced: await createTracedRun(org, engine),
    untraced: await createRun(org.live, engine, { status: "COMPLETED" }),
  };
}

/** With a large draft, too, that differs from the large version in every rule. */
async function createCaller(): Promise<LargeCaller> {
  const caller = await createReader(tableGraph(PUBLISHED));
  expect((await call(caller, "PUT", "config", { config: tableGraph(DRAFT) })).status).toBe(200);
  return caller;
}

type Work = (caller: LargeCaller) => Promise<Response>;
const get =
  (path: string): Work =>
  (caller) =>
    call(caller, "GET", path);

/** All at once. */
const readTraces = (caller: LargeCaller) =>
  Promise.all(Array.from({ length: 40 }, () => statusOf(send(caller, "GET", `runs/${caller.untraced}/trace`))));

const WORK: readonly Work[] = [
  get("diff"),
  get("diff"),
  (caller) => call(caller, "POST", "config/validate", {}),
  get("diff"),
  (caller) => send(caller, "GET", `runs/${caller.traced}/trace`),
  get("publish-preview"),
  get("diff"),
  (caller) => send(caller, "GET", `runs/${caller.untraced}/trace`),
  get("config"),
  (caller) => call(caller, "PUT", "config", { config: tableGraph(DRAFT) }),
];

test("two organizations that work on 20 large configs each are answered or told to come again, and another's runs are taken meanwhile", async () => {
  await startWithHeap(112);
  const callers = await Promise.all([createCaller(), createCaller()]);
  const org = await createOrganization();
  const third = { engine: await createEngine(org), key: await createKey(org.live) };

  const work = Array.from({ length: 20 }, (_, i) => callers.map((caller) => statusOf(WORK[i % WORK.length]!(caller))));
  const all = Promise.all(work.map((pair) => Promise.all(pair)));
  const acceptances = async () => {
    const accepted: number[] = [];
    while (accepted.length < 20) accepted.push((await call(third, "POST", "runs", { input: {} })).status);
    return accepted;
  };
  const [statuses, accepted] = await Promise.all([all, acceptances()]);
  expect(new Set(accepted)).toEqual(new Set([202]));
  for (const caller of [0, 1]) {
    const own = statuses.map((pair) => pair[caller]!);
    expect(own).toContain(200);
    expect(own.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  }
  expect(server.process.hasExited()).toBe(false);
});

test("two organizations that each have 40 runs of a large version evaluated again are answered or told to come again", async () => {
  await startWithHeap(112);
  const callers = await Promise.all([createReader(hollowGraph()), createReader(hollowGraph())]);
  for (const own of await Promise.all(callers.map(readTraces))) {
    expect(own).toContain(200);
    expect(own.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  }
  expect(server.process.hasExited()).toBe(false);
});

test("two organizations that save 5 drafts of 200 000 empty objects each are answered or told to come again", async () => {
  await startWithHeap(128);
  const config = { nodes: Array.from({ length: 200_000 }, () => ({})) };
  const statuses = await Promise.all(
    [0, 1].map(async () => {
      const org = await createOrganization();
      const caller = { engine: await createEngine(org), key: await createKey(org.live) };
      return Promise.all(
        Array.from({ length: 5 }, async () => (await call(caller, "PUT", "config", { config })).status),
      );
    }),
  );
  for (const own of statuses) {
    expect(own).toContain(200);
    expect(own.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  }
});
