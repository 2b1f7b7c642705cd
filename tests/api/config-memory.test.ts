/** Large configs that are compared, validated and saved at once cannot take the web process's memory, which is limited here to what a few dozen of them would fill. */
import { afterEach, expect, test } from "vitest";
import { createEngine, createKey, createOrganization, type TestEngine, type TestKey } from "../fixtures/factories.ts";
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

const PUBLISHED: readonly Rule[] = Array.from({ length: RULES }, (_, i) =>
  Object.fromEntries([
    ["_id", `r${i}`],
    ...Array.from({ length: COLUMNS }, (_, c) => [`c${c}`, c < 25 ? `> ${i}` : `${i}`]),
  ]),
);
const DRAFT: readonly Rule[] = PUBLISHED.map((rule, i) => ({ ...rule, _id: `z${i}`, c0: `>= ${i * 2}` })).reverse();

type Caller = { key: TestKey; engine: TestEngine };

const call = ({ key, engine }: Caller, method: string, path: string, body?: unknown) =>
  fetch(`${server.url}/api/v1/engines/${engine.slug}/${path}`, {
    method,
    headers: { ...key.authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** Somebody with a large version and a large draft that differs from it in every rule. */
async function createCaller(): Promise<Caller> {
  const org = await createOrganization();
  const caller = { engine: await createEngine(org, { graph: tableGraph(PUBLISHED) }), key: await createKey(org.live) };
  expect((await call(caller, "PUT", "config", { config: tableGraph(DRAFT) })).status).toBe(200);
  return caller;
}

const WORK: readonly [string, string, unknown?][] = [
  ["GET", "diff"],
  ["GET", "diff"],
  ["POST", "config/validate", {}],
  ["GET", "diff"],
  ["GET", "publish-preview"],
  ["GET", "diff"],
  ["GET", "config"],
  ["PUT", "config", { config: tableGraph(DRAFT) }],
];

test("two organizations that work on 14 large configs each are answered or told to come again, and another's runs are taken meanwhile", async () => {
  await startWithHeap(112);
  const callers = await Promise.all([createCaller(), createCaller()]);
  const org = await createOrganization();
  const third = { engine: await createEngine(org), key: await createKey(org.live) };

  const work = Array.from({ length: 14 }, (_, i) =>
    callers.map(async (caller) => {
      const [method, path, body] = WORK[i % WORK.length]!;
      const answer = await call(caller, method, path, body);
      const text = await answer.text();
      if (answer.status !== 503) return answer.status;
      expect([answer.headers.get("retry-after"), text]).toEqual([
        expect.stringMatching(/^\d+$/),
        expect.stringContaining('"overloaded"'),
      ]);
      return 503;
    }),
  );
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
