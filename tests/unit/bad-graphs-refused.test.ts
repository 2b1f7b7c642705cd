/** The corpus of bad graphs, when they are saved: each gets a problem at its place, and none hangs, crashes or delays anything. */
import { describe, expect, it } from "vitest";
import { GRAPH_PROBLEM_CODES } from "../../lib/engines/decision-graph.ts";
import { validateGraph } from "../../lib/engines/decision-graph-validate.ts";
import type { RefusedGraph } from "../fixtures/bad-graphs/bad-graph.ts";
import { REFUSED_SHAPES } from "../fixtures/bad-graphs/refused-shapes.ts";
import { ODD_BUT_FINE, REFUSED_TEXTS } from "../fixtures/bad-graphs/refused-texts.ts";
import { passThroughGraph } from "../fixtures/graphs.ts";

const CORPUS = [...REFUSED_SHAPES, ...REFUSED_TEXTS];
const validate = ({ type = "entity_analysis", config }: Pick<RefusedGraph, "type" | "config">, org = "org") =>
  validateGraph(org, type, config);

it("has more than forty, all of different names", () => {
  expect(CORPUS.length).toBeGreaterThan(40);
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
});

describe("is refused at its place", () => {
  it.each(CORPUS)("$name", async (graph) => {
    const { valid, problems } = await validate(graph);
    const { message, ...place } = graph.problem;
    expect(valid).toBe(false);
    const found = problems.find(({ path, code }) => path === place.path && code === place.code);
    expect(found, JSON.stringify(problems.slice(0, 5))).toMatchObject(place);
    if (message) expect(found!.message).toMatch(message);
    for (const problem of problems) {
      expect(GRAPH_PROBLEM_CODES).toContain(problem.code);
      // Words for people: no names of classes, no places on our machines, nothing left empty.
      expect(problem.message).not.toMatch(/undefined|\[object|node_modules|\/home\/|Error:|backtrace|ZodError|nexio/i);
      expect(problem.message).toMatch(/^[A-Z"].{9}/);
      expect(problem.message.isWellFormed() && !problem.message.includes("\0")).toBe(true);
    }
  });
});

describe("is not refused for being odd", () => {
  it.each(ODD_BUT_FINE)("$name", async (graph) => {
    expect((await validate(graph)).problems).toEqual([]);
  });
});

it("all of them at once, over and over, delay no other organization", async () => {
  const state = { isDone: false };
  // As many at once as one organization may.
  const lanes = Array.from({ length: 20 }, async (_, lane) => {
    for (let at = lane; at < CORPUS.length; at += 20) await validate(CORPUS[at]!, "guilty");
  });
  const guilty = Promise.all(lanes).then(() => (state.isDone = true));
  let rounds = 0;
  for (; !state.isDone; rounds += 1) {
    expect(await validate({ config: passThroughGraph() }, "neighbour")).toEqual({ valid: true, problems: [] });
  }
  await guilty;
  // The other organization had its turns while they went on.
  expect(rounds).toBeGreaterThan(1);
});
