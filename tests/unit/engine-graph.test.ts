/** What keeps a config from being published is found, named with its place, and hangs or crashes nothing. */
import { describe, expect, it } from "vitest";
import type { GraphProblem } from "../../lib/engines/decision-graph.ts";
import { validateGraph } from "../../lib/engines/decision-graph-validate.ts";
import type { RunEngineType } from "../../lib/engines/evaluate-protocol.ts";
import { expressionGraph, functionGraph, passThroughGraph } from "../fixtures/graphs.ts";

type Config = ReturnType<typeof passThroughGraph> & { [field: string]: unknown };

async function problemsOf(config: unknown, type: RunEngineType = "entity_analysis"): Promise<GraphProblem[]> {
  const { valid, problems } = await validateGraph("org", type, config);
  expect(valid).toBe(problems.length === 0);
  return problems;
}

/** A graph with one more node between input and output. */
function graphWith(type: string, content: object, edges: object[] = []): Config {
  const graph = expressionGraph({}) as Config;
  const node = { ...graph.nodes[1]!, id: "node", type, name: "Node", content };
  return {
    nodes: [graph.nodes[0]!, node, graph.nodes[2]!],
    edges: [
      { id: "e1", type: "edge", sourceId: "input", targetId: "node" },
      { id: "e2", type: "edge", sourceId: "node", targetId: "output" },
      ...edges,
    ] as Config["edges"],
  };
}

const table = (cells: { [column: string]: string }[], more: object = {}) =>
  graphWith("decisionTableNode", {
    hitPolicy: "first",
    inputs: [
      { id: "in", name: "Amount", field: "amount" },
      { id: "any", name: "Anything" },
    ],
    outputs: [{ id: "out", name: "Rate", field: "rate" }],
    rules: cells,
    ...more,
  });

const edge = (id: string, sourceId: string, targetId: string, rest: object = {}) => ({
  id,
  type: "edge" as const,
  sourceId,
  targetId,
  ...rest,
});

const withSchema = (schema: string) => {
  const config = passThroughGraph();
  config.nodes[0] = { ...config.nodes[0]!, content: { schema } };
  return config;
};

describe("a valid config", () => {
  it.each([
    ["passes everything through", passThroughGraph()],
    [
      "has a function",
      functionGraph('import dayjs from "dayjs"; export const handler = (x) => ({ import: "http", x });'),
    ],
    ["has expressions in every place", expressionGraph({ a: "b = 1; b + x", c: "map(list, #.n ?? 0)", d: "`t ${a}`" })],
    [
      "has a table with both kinds of cells",
      table([
        { in: "> 5, [1..3]", any: "amount in [1, 2]", out: '"x"' },
        { in: "", any: "", out: "1" },
      ]),
    ],
    ["carries what editors add", { ...passThroughGraph(), contentType: "application/vnd.gorules.decision" }],
  ])("%s", async (_, config) => {
    expect(await problemsOf(config)).toEqual([]);
  });

  it("of a placement engine may carry offerings, and only there", async () => {
    const config = { ...passThroughGraph(), offerings: [{ id: "a", name: "A", anything: { else: 1 } }] };
    expect(await problemsOf(config, "placement")).toEqual([]);
    expect(await problemsOf(config)).toMatchObject([{ path: "offerings", code: "offerings_not_used" }]);
  });
});

describe("the shape", () => {
  it.each([
    [null, ""],
    [5, ""],
    [[], ""],
    [{}, "nodes"],
    [{ nodes: [], edges: {} }, "edges"],
    [{ ...passThroughGraph(), extra: 1 }, "extra"],
    [{ nodes: [{ id: "x", type: "inputNode" }], edges: [] }, "nodes[0].name"],
    [{ nodes: [{ id: "", type: "inputNode", name: "x" }], edges: [] }, "nodes[0].id"],
    [graphWith("customNode", { kind: "x" }), "nodes[1].type"],
    [graphWith("decisionNode", { key: "other" }), "nodes[1].type"],
    [graphWith("functionNode", "const handler = () => ({})" as unknown as object), "nodes[1].content"],
    [table([{ in: 5 as unknown as string, any: "", out: "" }]), "nodes[1].content.rules[0].in"],
    [
      graphWith("decisionTableNode", { hitPolicy: "all", inputs: [], outputs: [], rules: [] }),
      "nodes[1].content.hitPolicy",
    ],
    [{ ...passThroughGraph(), offerings: [] }, "offerings"],
    [{ ...passThroughGraph(), offerings: [{ id: "a" }, { id: "a" }] }, "offerings[1].id"],
    [{ ...passThroughGraph(), offerings: [{ name: "x" }] }, "offerings[0].id"],
  ])("is refused at its place when it is wrong (%#)", async (config, path) => {
    expect((await problemsOf(config, "placement")).map((problem) => problem.path)).toContain(path);
  });

  it("may not be larger, deeper or longer than the limits", async () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const deep = { ...passThroughGraph(), offerings: [{ id: "a", nested: nested(40) }] };
    expect(await problemsOf(deep, "placement")).toMatchObject([{ path: "", code: "too_large" }]);
    const large = expressionGraph({ a: `"${"x".repeat(9_000)}"` });
    expect(await problemsOf(large)).toMatchObject([
      { path: "nodes[1].content.expressions[0].value", code: "too_large" },
    ]);
    const huge = { ...passThroughGraph(), offerings: [{ id: "a", text: "x".repeat(1_100_000) }] };
    expect(await problemsOf(huge, "placement")).toMatchObject([{ path: "", code: "too_large" }]);
    const many = passThroughGraph();
    for (let n = 0; n < 200; n += 1) many.nodes.push({ ...many.nodes[1]!, id: `n${n}` });
    expect(await problemsOf(many)).toMatchObject([{ path: "nodes", code: "too_large" }]);
  });

  it("may hold no text that cannot be stored", async () => {
    expect(await problemsOf(expressionGraph({ a: '"\0"' }))).toMatchObject([{ code: "unstorable" }]);
    expect(await problemsOf(expressionGraph({ a: '"\ud800"' }))).toMatchObject([{ code: "unstorable" }]);
  });
});

describe("the structure", () => {
  it.each<[string, (config: Config) => void, Partial<GraphProblem>]>([
    ["no input", (c) => c.nodes.shift(), { path: "nodes", code: "input_count" }],
    ["two inputs", (c) => c.nodes.push({ ...c.nodes[0]!, id: "other" }), { path: "nodes", code: "input_count" }],
    ["no output", (c) => c.nodes.pop(), { code: "unknown_node", path: "edges[1].targetId" }],
    ["nothing that leads to the output", (c) => c.edges.pop(), { path: "nodes", code: "output_missing" }],
    [
      "a node that nothing leads to",
      (c) => c.edges.shift(),
      { path: "nodes[1]", code: "unreachable", node_id: "expr" },
    ],
    [
      "two nodes of one id",
      (c) => c.nodes.push({ ...c.nodes[1]! }),
      { path: "nodes[3].id", code: "duplicate_id", node_id: "expr" },
    ],
    ["two edges of one id", (c) => c.edges.push({ ...c.edges[0]! }), { path: "edges[2].id", code: "duplicate_id" }],
    [
      "an edge from nowhere",
      (c) => c.edges.push(edge("x", "nowhere", "output")),
      { path: "edges[2].sourceId", code: "unknown_node" },
    ],
    [
      "a circle",
      (c) => c.edges.push(edge("x", "expr", "expr")),
      { path: "edges", code: "cycle", message: "The nodes go round in a circle: Expressions → Expressions" },
    ],
  ])("with %s is refused", async (_, spoil, problem) => {
    const config = expressionGraph({ a: "1" }) as Config;
    spoil(config);
    expect(await problemsOf(config)).toContainEqual(expect.objectContaining(problem));
  });

  it("has edges out of a switch only from its statements", async () => {
    const statements = [{ id: "yes", condition: "x > 1" }];
    const config = graphWith("switchNode", { hitPolicy: "first", statements }, [
      edge("good", "node", "output", { sourceHandle: "yes" }),
      edge("bad", "node", "output", { sourceHandle: "no" }),
    ]);
    expect(await problemsOf(config)).toMatchObject([
      { path: "edges[1].sourceHandle", code: "unknown_handle", node_id: "node" },
      { path: "edges[3].sourceHandle", code: "unknown_handle", node_id: "node" },
    ]);
  });
});

describe("expressions and functions", () => {
  it.each([
    ["a +", "Unexpected end"],
    ["foo(1)", "there is no function foo"],
    ["len(1, 2)", "Invalid number of arguments"],
    ['"abc', "Unexpected EOF"],
    ["a) + (b", "not a complete expression"],
    ["1 : 2", "not a complete expression"],
    ["x, 5", "not a complete expression"],
  ])("with a mistake are refused: %s", async (expression, message) => {
    const [problem, ...rest] = await problemsOf(expressionGraph({ good: "1", bad: expression }));
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({
      path: "nodes[1].content.expressions[1].value",
      code: "expression_invalid",
      node_id: "expr",
    });
    expect(problem!.message).toContain(message);
  });

  it("are found in every place where they can stand, each place of the same mistake by itself", async () => {
    const config = table(
      [
        { in: "> ", any: "a +", out: "a +" },
        { in: "> ", any: "", out: "" },
      ],
      { inputField: "b +" },
    );
    const paths = (await problemsOf(config)).map((problem) => problem.path.replace("nodes[1].content.", ""));
    expect(paths.sort()).toEqual(["inputField", "rules[0].any", "rules[0].in", "rules[0].out", "rules[1].in"]);
    const condition = graphWith("switchNode", { statements: [{ id: "s", condition: "((" }] });
    condition.edges[1] = { ...condition.edges[1]!, sourceHandle: "s" } as Config["edges"][number];
    expect(await problemsOf(condition)).toMatchObject([{ path: "nodes[1].content.statements[0].condition" }]);
  });

  it("that are half there are refused", async () => {
    const config = graphWith("expressionNode", {
      expressions: [
        { id: "1", key: "", value: "" },
        { id: "2", key: "a", value: " " },
        { id: "3", key: "", value: "1" },
      ],
    });
    expect((await problemsOf(config)).map(({ path, code }) => [path, code])).toEqual([
      ["nodes[1].content.expressions[1].value", "field_missing"],
      ["nodes[1].content.expressions[2].key", "field_missing"],
    ]);
    expect(await problemsOf(table([{ in: "", any: "" }]))).toMatchObject([
      { path: "nodes[1].content.rules[0].out", code: "cell_missing", node_id: "node" },
    ]);
  });

  it.each([
    ["export const handler = () => {{", "function_invalid"],
    ["const handler = () => ({});", "function_invalid"],
    ['import http from "http"; export const handler = () => http.get("http://x");', "forbidden_import"],
    ['export const handler = async () => (await import("http")).get("http://x");', "forbidden_import"],
    ['import * as std from "std"; export const handler = () => 1;', "forbidden_import"],
    ['export { get } from "http"; export const handler = () => 1;', "forbidden_import"],
    ['export const handler = async () => import("ht" + "tp");', "forbidden_import"],
    ["const name = 'dayjs'; export const handler = async () => import(`${name}`);", "forbidden_import"],
    ['import/**/{ "get" as g }/**/from/**/"ht\\x74p"; export const handler = () => 1;', "forbidden_import"],
    ['export const handler = () => [...import("zen")];', "forbidden_import"],
  ])("in JavaScript with a mistake are refused: %s", async (source, code) => {
    expect(await problemsOf(functionGraph(source))).toMatchObject([
      { path: "nodes[1].content.source", code, node_id: "fn" },
    ]);
  });

  it("are not run: what would loop or throw when it runs is valid", async () => {
    expect(await problemsOf(functionGraph("for (;;); export const handler = () => 1;"))).toEqual([]);
    expect(await problemsOf(functionGraph("throw 1; export const handler = () => 1;"))).toEqual([]);
    expect(
      await problemsOf(expressionGraph({ a: "len(map([1..1000000000], #))", b: "x.y.z + 1", c: "1 / 0" })),
    ).toEqual([]);
  });

  it("that hang or crash the engine are refused, and the others are still checked", async () => {
    const config = table([
      { in: "len(map([1..1000000000], [#, #])) > 5", any: "", out: "1" },
      { in: ">", any: "", out: "" },
      { in: "9000000000000000000 * 9000000000000000000", any: "", out: "1" },
    ]);
    const problems = await problemsOf(config);
    expect(problems.map(({ path, code }) => [path, code])).toEqual([
      ["nodes[1].content.rules[0].in", "expression_invalid"],
      ["nodes[1].content.rules[1].in", "expression_invalid"],
      ["nodes[1].content.rules[2].in", "expression_invalid"],
    ]);
    expect(problems[0]!.message).toMatch(/the engine (hangs|crashes) on it/);
  });

  it("are checked in thousands", async () => {
    const rules = Array.from({ length: 4_000 }, (_, n) => ({ in: `[${n}..${n + 1}]`, any: "", out: `"r${n}"` }));
    expect(await problemsOf(table(rules))).toEqual([]);
  });
});

describe("JSON schemas", () => {
  it("may refer to themselves only", async () => {
    expect(
      await problemsOf(withSchema('{"definitions":{"a":{}},"properties":{"x":{"$ref":"#/definitions/a"}}}')),
    ).toEqual([]);
    for (const schema of [
      { properties: { x: { $ref: "http://169.254.169.254/" } } },
      { $ref: "file:///etc/passwd" },
      { $id: "http://x/", $ref: "#/a" },
      { $schema: "http://x/meta" },
    ]) {
      expect(await problemsOf(withSchema(JSON.stringify(schema)))).toMatchObject([
        { path: "nodes[0].content.schema", code: "schema_invalid", node_id: "input" },
      ]);
    }
  });

  it("must be JSON", async () => {
    expect(await problemsOf(withSchema("{"))).toMatchObject([
      { path: "nodes[0].content.schema", code: "schema_invalid" },
    ]);
  });
});
