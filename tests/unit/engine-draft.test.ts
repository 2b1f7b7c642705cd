/** The draft of an engine as the portal edits it: its text, its places, inputs to try it with, timeouts as people write them. */
import { describe, expect, it } from "vitest";
import { configText } from "../../components/engines/config-text.ts";
import { slugOfName } from "../../components/engines/slug-of-name.ts";
import {
  nodeAtPath,
  pathOfNode,
  placeProblems,
  problemsByNode,
  tryProblems,
} from "../../components/engines/draft-places.ts";
import { sampleRequest } from "../../components/engines/sample-input.ts";
import { EMPTY, startingConfig, startingPoints } from "../../components/engines/starting-points.ts";
import { configOf, formOf, formText, httpConfigProblem } from "../../components/engines/http-form.ts";
import { fromRequest, fromValues, fromWire, toRequest, toWire } from "../../components/engines/tried-input.ts";
import { TIMEOUT_UNITS, timeoutProblem } from "../../components/engines/timeout.ts";
import { durationMs, durationOf } from "../../components/ui/duration.ts";
import { exampleEngines } from "../../lib/engines/examples/engines.ts";

describe("the text of a config", () => {
  it("has its fields in the order in which they are read, whatever the order in which they come", () => {
    const config = {
      edges: [{ targetId: "b", id: "e", sourceId: "a" }],
      nodes: [
        {
          content: {
            rules: [{ out: "1", in: "> 2", _id: "r" }],
            outputs: [{ id: "out" }],
            inputs: [{ id: "in" }],
            hitPolicy: "first",
          },
          name: "T",
          type: "decisionTableNode",
          id: "t",
        },
      ],
    };
    const text = configText(config);
    expect(JSON.parse(text)).toEqual(config);
    const order = ["nodes", "id", "type", "name", "content", "hitPolicy", "inputs", "outputs", "rules", "edges"];
    const places = order.map((name) => text.indexOf(`"${name}"`));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain('{ "_id": "r", "in": "> 2", "out": "1" }');
  });

  it.each([
    ["no draft", null],
    ["nothing in it", {}],
    ["lists of nothing", { nodes: [null, 1, []], edges: "x", offerings: {} }],
    ["contents of nothing", { nodes: [{ content: 3 }, { content: { rules: [null], inputs: "x" } }] }],
  ])("can be written of %s", (_, config) => {
    expect(JSON.parse(configText(config))).toEqual(config ?? { nodes: [], edges: [] });
  });
});

describe("places", () => {
  const config = { nodes: [{ id: "a" }, { id: "b" }, "no node"], edges: [] };
  it("lead from text to node and back", () => {
    expect(nodeAtPath(config, "nodes[1].content.rules[0].x")).toBe("b");
    expect(pathOfNode(config, "b")).toBe("nodes[1]");
    for (const path of ["", "nodes", "edges[0]", "nodes[2]", "nodes[9].id"])
      expect(nodeAtPath(config, path)).toBeNull();
    expect(pathOfNode(config, "gone")).toBeNull();
    expect(nodeAtPath(null, "nodes[0]")).toBeNull();
  });

  it("of problems are those that the server names, or follow from their paths", () => {
    const problems = placeProblems(config, [
      { path: "nodes[0].content", code: "invalid_shape", message: "x" },
      { path: "nodes", code: "cycle", message: "y", node_id: "b" },
      { path: "edges", code: "cycle", message: "z" },
    ]);
    expect(problems.map(({ nodeId }) => nodeId)).toEqual(["a", "b", null]);
    expect([...problemsByNode(problems)]).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it("of what a try failed at are the nodes that its errors name, once each", () => {
    const error = { code: "engine_error", message: "boom", details: { node_id: "b" } };
    const failed = [{ offering_id: "1", error }, { offering_id: "2", error }, { error: null }, 3];
    const result = { status: "DEGRADED" as const, duration_ms: 1, trace: null, output: { failed } };
    expect(tryProblems(config, result)).toEqual([{ path: "nodes[1]", message: "boom", nodeId: "b" }]);
    expect(
      tryProblems(config, { status: "FAILED", duration_ms: 1, trace: null, error: { ...error, details: {} } }),
    ).toEqual([]);
    expect(tryProblems(config, undefined)).toEqual([]);
  });
});

const withSchema = (schema: unknown) => ({
  nodes: [{ type: "inputNode", content: { schema: typeof schema === "string" ? schema : JSON.stringify(schema) } }],
});

describe("an input to try", () => {
  const properties = {
    name: { type: "string", examples: ["Ada"] },
    kind: { enum: ["a", "b"] },
    amount: { type: "number", exclusiveMinimum: 0 },
    age: { type: ["integer", "null"], minimum: 18 },
    tags: { type: "array" },
    owner: { properties: { ok: { type: "boolean" } } },
  };

  it("follows the schema of the input", () => {
    const input = { name: "Ada", kind: "a", amount: 1, age: 18, tags: [], owner: { ok: false } };
    expect(sampleRequest("entity_analysis", withSchema({ properties }))).toEqual({ input });
    expect(sampleRequest("placement", withSchema({ properties: { input: { properties } } }))).toEqual({ input });
  });

  it.each([
    [undefined],
    [null],
    [{ nodes: 3 }],
    [withSchema("{")],
    [withSchema({})],
    [{ nodes: [{ type: "inputNode" }] }],
  ])("is an empty one for %j", (config) => expect(sampleRequest("placement", config)).toEqual({ input: {} }));
});

it("every type that holds a graph can start from the smallest one and from its example", async () => {
  for (const { slug, type, config } of exampleEngines) {
    expect(startingPoints(type).map(({ value }) => value)).toEqual([EMPTY, slug]);
    expect(await startingConfig(type, slug)).toEqual(config);
    expect(await startingConfig(type, EMPTY)).toMatchObject({ nodes: { length: 3 }, edges: { length: 2 } });
  }
  expect(startingPoints("http")).toEqual([]);
  expect(await startingConfig("http", EMPTY)).toBeUndefined();
});

it.each([
  ["Loan placement (EU)", "loan-placement-eu"],
  ["  Prüfung  №5 ", "prufung-no5"],
  ["日本", ""],
  ["x".repeat(80), "x".repeat(50)],
])("the slug of %j is %j", (name, slug) => expect(slugOfName(name)).toBe(slug));

it("what is tried keeps every digit on its way into a request, out of it, and to the server and back", () => {
  const tried = { input: '{ "n": 12345678901234567890, "n": 1.000000000000000000001 }', offerings: "[0.10, 1e2]" };
  const request = toRequest(tried);
  expect(request).toBe(
    '{\n  "input": { "n": 12345678901234567890, "n": 1.000000000000000000001 },\n  "offerings": [0.10, 1e2]\n}',
  );
  expect(fromRequest(request)).toEqual(tried);
  expect(fromWire(toWire(tried))).toEqual(tried);
  expect(fromRequest(toRequest(fromValues({ input: null })))).toEqual({ input: "null", offerings: null });
});

it("the form of a service says its config, and a deadline that is no number is neither lost nor saved", () => {
  const config = { url: "https://a.example/", callback_timeout_ms: 7_200_000, headers: { "X-Team": "a" } };
  expect(configOf(formOf(config))).toEqual(config);
  expect(formText(formOf({ headers: config.headers, callback_timeout_ms: 7_200_000, url: config.url }))).toBe(
    configText(config),
  );
  const typed = configOf({ ...formOf(config), deadline: { amount: "soon", unit: "h" } });
  expect(httpConfigProblem(typed)).toBe("The deadline needs a number");
  expect(formOf(typed).deadline.amount).toBe("soon");
  expect(httpConfigProblem({ url: " " })).toBe("Write the URL of the service first");
  expect(httpConfigProblem(config)).toBeUndefined();
});

it.each([
  [30_000, "30", "s"],
  [90_000, "90", "s"],
  [600_000, "10", "min"],
  [1_234, "1234", "ms"],
] as const)("%d ms are %s %s", (ms, amount, unit) => {
  expect(durationOf(ms, TIMEOUT_UNITS)).toEqual({ amount, unit });
  expect(durationMs({ amount, unit })).toBe(ms);
});

it.each([
  ["1.5", "min", undefined],
  ["0,1", "s", undefined],
  ["99", "ms", "The shortest timeout is 100 milliseconds"],
  ["11", "min", "The longest timeout is 10 minutes"],
  ["", "s", "Write a number"],
  ["1e3", "s", "Write a number"],
  ["-5", "s", "Write a number"],
] as const)("a timeout of %j %s: %s", (amount, unit, problem) =>
  expect(timeoutProblem({ amount, unit })).toBe(problem),
);
