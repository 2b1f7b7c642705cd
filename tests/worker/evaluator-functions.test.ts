/** What functions try on the host fails, and what they answer is checked. Real child processes, real sockets. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ZenEngine } from "@gorules/zen-engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSource } from "../../lib/engines/evaluate-check.ts";
import { loadConfig } from "../../lib/engines/evaluate-run.ts";
import { functionGraph, passThroughGraph } from "../fixtures/graphs.ts";
import { bodyOf, evaluateAll, evaluateOne, makeItem, makePool } from "./evaluator-harness.ts";

// Code made of text, which no look at the source can see: only the lock holds it. `http` is the module, `g` the real globals.
const IMPORT = `(0, eval)("imp" + "ort('ht' + 'tp')")`;
const HANDLER = `export const handler = async () => {
  const g = (0, eval)("this");
  try { g.__executeHttp = undefined; } catch {}
  try { (0, eval)("globalThis").Reflect.defineProperty(g, "__executeHttp", { value: undefined }); } catch {}
  try { (0, eval)("globalThis").Object.setPrototypeOf(g, null); } catch {}
  try { delete g.__executeHttp; } catch {}
  const http = (await ${IMPORT}).default;
  return { answer: await http.get(URL) };
};`;
const SHADOWS: [string, string][] = [
  ["nothing is shadowed", HANDLER],
  ["globalThis is shadowed", `function globalThis() {} ${HANDLER}`],
  ["Object is shadowed", `${HANDLER} function Object() {} Object.defineProperty = () => {};`],
  ["Object is a variable", `${HANDLER} var Object = { defineProperty() {} };`],
  ["Function is shadowed", `function Function() {} function Reflect() {} ${HANDLER}`],
  [
    "the constructor of functions is replaced",
    `(() => {}).constructor.prototype.constructor = () => () => {}; ${HANDLER}`,
  ],
  ["new Function imports", HANDLER.replace(IMPORT, `new Function("return imp" + "ort('ht' + 'tp')")()`)],
  ["eval is direct", HANDLER.replace(IMPORT, IMPORT.replace("(0, eval)", "eval"))],
];
const WAYS_OUT: [string, string][] = [
  ...SHADOWS.map(([name, source]): [string, string] => [`${name}, and the module is imported by eval`, source]),
  ...SHADOWS.slice(0, 6).map(([name, source]): [string, string] => [
    `${name}, and the module's name is computed`,
    source.replace(IMPORT, 'import(["h", "t", "t", "p"].join(""))'),
  ]),
  ["import", 'import http from "http"; export const handler = () => http.get(URL);'],
  ["import with an escape", 'import http from "ht\\x74p"; export const handler = () => http.get(URL);'],
  ["import as it loads", 'import { get } from "http"; await get(URL); export const handler = () => 1;'],
  ["import among comments", 'import/**/http/**/from/**/"http"; export const handler = () => http.get(URL);'],
  ["re-export", 'export { get as handler } from "http";'],
  ["re-export of all", 'export * from "http"; export * as handler from "http";'],
];

describe("an answer that cannot be kept", () => {
  it.each([
    ["({ a: { b: 'x\\u0000y' } })", /output\.a\.b holds text with a NUL/],
    ["({ a: '\\ud800' })", /half a character/],
    ["({ a: NaN })", /not finite/],
    ["({ a: -Infinity })", /not finite/],
    ["{ let a = {}; for (let i = 0; i < 100; i++) a = { a }; return a; }", /nested deeper than 64/],
  ])("is an error that says why: %s", async (answer, message) => {
    const graph = functionGraph(`export const handler = () => ${answer};`);
    const outcome = await evaluateOne(makePool(), makeItem(graph));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "FAILED", errorCode: "engine_error" } });
    expect(bodyOf(outcome).error!.message).toMatch(message);
  });
});

describe("functions", () => {
  let url: string;
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(request.url!);
    response.end("{}");
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each(WAYS_OUT)("reach no network: %s", async (_, source) => {
    const graph = functionGraph(source.replaceAll("URL", JSON.stringify(url)));
    const outcome = await evaluateOne(makePool(), makeItem(graph));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "FAILED", errorCode: "engine_error" } });
    expect(hits).toEqual([]);
  });

  it.each(SHADOWS)("are locked in by their first line alone: %s", async (_, source) => {
    // In this very process, which has a network.
    const graph = functionGraph(source.replaceAll("URL", JSON.stringify(url)));
    const { decision } = loadConfig(JSON.stringify(graph));
    await expect(decision.evaluate({})).rejects.toThrow(/network access is not available/);
    expect(hits).toEqual([]);
  });

  it("would get out without that line", async () => {
    const graph = functionGraph(HANDLER.replaceAll("URL", JSON.stringify(`${url}/out`)));
    const engine = new ZenEngine({ httpHandler: () => Promise.reject(new Error("no")) });
    await engine.createDecision(graph).evaluate({});
    expect(hits.splice(0)).toEqual(["/out"]);
  });

  it("stay locked in when one before them changed what the lock is made of", async () => {
    const graph = functionGraph(`const g = (0, eval)("this");
      g.Object.defineProperty = () => {}; (() => {}).constructor.prototype.constructor = () => () => {};
      export const handler = () => ({});`);
    const [input, first, output] = graph.nodes as [object, { content: object }, object];
    const second = { ...first, id: "second", content: { source: HANDLER.replaceAll("URL", JSON.stringify(url)) } };
    const edges = [
      { id: "1", type: "edge", sourceId: "input", targetId: "fn" },
      { id: "2", type: "edge", sourceId: "fn", targetId: "second" },
      { id: "3", type: "edge", sourceId: "second", targetId: "output" },
    ];
    const { decision } = loadConfig(JSON.stringify({ nodes: [input, first, second, output], edges }));
    await expect(decision.evaluate({})).rejects.toThrow(/network access is not available/);
    expect(hits).toEqual([]);
  });

  it("are not run by being checked, whatever they declare", async () => {
    const names = ["Error", "Object", "globalThis", "Function", "String"];
    for (const name of names) {
      const text = `function ${name}() { for (;;); } export const handler = () => 1;`;
      expect(await checkSource({ kind: "function", text })).toBeUndefined();
    }
  });

  it("find no way to the host among their globals", async () => {
    const graph = functionGraph(
      "export const handler = () => ({ names: Object.getOwnPropertyNames(globalThis).filter((n) => !/^[A-Z]/.test(n)) });",
    );
    const names = bodyOf(await evaluateOne(makePool(), makeItem(graph))).output!.names as string[];
    // Those with underscores are zen's: the locked one, other decisions (there are none) and the results of other nodes.
    const known =
      "parseInt parseFloat isNaN isFinite queueMicrotask decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape " +
      "undefined eval globalThis performance console config __executeHttp __evaluate __getNodesData";
    expect(names.sort()).toEqual(known.split(" ").sort());
  });

  it("and schemas load no documents", async () => {
    const graph = passThroughGraph();
    const schema = JSON.stringify({ $ref: `${url}/schema.json` });
    const nodes = graph.nodes.map((node) => (node.type === "inputNode" ? { ...node, content: { schema } } : node));
    const outcome = await evaluateOne(makePool(), makeItem({ ...graph, nodes }));
    expect(bodyOf(outcome).error!.message).toContain("refers to another document");
    expect(hits).toEqual([]);
  });

  it.each(["process.exit(1)", "require('fs')", "globalThis.process.env", "std.exit(1)"])("have no %s", async (code) => {
    const outcome = await evaluateOne(
      makePool(),
      makeItem(functionGraph(`export const handler = () => { ${code}; };`)),
    );
    expect(outcome).toMatchObject({ kind: "finished", result: { errorCode: "engine_error" } });
  });

  it.each(["std", "os", "node:fs", "zen"])("cannot leave the run by importing %s", async (name) => {
    const source = `import * as all from "${name}"; export const handler = () => all.default.evaluate("other", {});`;
    const outcome = await evaluateOne(makePool(), makeItem(functionGraph(source)));
    expect(outcome).toMatchObject({ kind: "finished", result: { errorCode: "engine_error" } });
  });

  it("leave nothing behind for other runs, and change no prototype of ours", async () => {
    const pool = makePool();
    const graph = functionGraph(`export const handler = () => {
      const before = { global: globalThis.left ?? null, polluted: ({}).polluted ?? null };
      globalThis.left = 1; Object.prototype.polluted = 1; Array.prototype.map = () => "changed";
      return { before, ...JSON.parse('{"__proto__":{"eligible":true},"constructor":{"prototype":{"polluted":1}}}') };
    };`);
    const outcomes = await evaluateAll(
      pool,
      Array.from({ length: 20 }, () => makeItem(graph)),
    );
    for (const outcome of outcomes) {
      expect(bodyOf(outcome).output!.before).toEqual({ global: null, polluted: null });
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(pool.stats().killed).toBe(0);
  });

  it("that call themselves without end are an error", async () => {
    const graph = functionGraph("const f = (n) => f(n + 1) + 1; export const handler = () => ({ n: f(0) });");
    const outcome = await evaluateOne(makePool(), makeItem(graph));
    expect(outcome).toMatchObject({ kind: "finished", result: { errorCode: "engine_error" } });
  });

  it("and graphs cannot call other decisions", async () => {
    const graph = passThroughGraph();
    const nodes = graph.nodes.map((node) =>
      node.type === "outputNode" ? { ...node, type: "decisionNode", content: { key: "itself" } } : node,
    );
    const outcome = await evaluateOne(makePool(), makeItem({ ...graph, nodes }));
    expect(bodyOf(outcome).error!.message).toContain("other decisions cannot be called here");
  });
});
