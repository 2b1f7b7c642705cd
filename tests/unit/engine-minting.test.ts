/** Which number a publication mints, of any config in no time. */
import { describe, expect, it } from "vitest";
import { contractOf } from "../../lib/engines/contract.ts";
import { exampleEngines } from "../../lib/engines/examples/engines.ts";
import { mintVersion } from "../../lib/engines/minting.ts";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, writes } from "../fixtures/graph-lines.ts";
import { expressionGraph, passThroughGraph } from "../fixtures/graphs.ts";

const latest = (config: object) => ({ major: 2, minor: 7, config });
const replaced = (config: object, text: string, other: string) =>
  JSON.parse(JSON.stringify(config).replaceAll(text, other)) as object;

/** A graph of ten thousand fields that are read, and as many that are written. */
function large(prefix: string) {
  const fields = (n: number) =>
    Array.from({ length: 900 }, (_, m) => [`${prefix}${n}_${m}`, `${prefix}x${n}_${m} + y${m}.z`]);
  const nodes = Array.from({ length: 12 }, (_, n) =>
    expressions(Object.fromEntries(fields(n)) as Record<string, string>, { passThrough: true }),
  );
  return line({}, ...nodes);
}

describe("the number", () => {
  it("is 1.0 for the first, then the next minor, or the next major with the reasons", () => {
    expect(mintVersion("entity_analysis", null, writes({ a: "1" }))).toEqual({
      number: { major: 1, minor: 0 },
      change: "first",
      reasons: [],
    });
    expect(mintVersion("entity_analysis", latest(writes({ a: "1" })), writes({ a: "2", b: "1" }))).toEqual({
      number: { major: 2, minor: 8 },
      change: "minor",
      reasons: [],
    });
    expect(mintVersion("entity_analysis", latest(writes({ a: "1" })), writes({ b: "1" }))).toEqual({
      number: { major: 3, minor: 0 },
      change: "major",
      reasons: [{ side: "output", path: "a", change: "removed", message: 'The output "a" is no longer there' }],
    });
  });
});

describe("what is no graph", () => {
  it.each([null, undefined, 5, [], {}, { nodes: 5 }, { url: "https://example.com" }])("%j is unchanged", (config) => {
    for (const type of ["placement", "entity_analysis", "http"] as const) {
      expect(reasons(config, passThroughGraph(), type)).toEqual([]);
      expect(reasons(passThroughGraph(), config, type)).toEqual([]);
    }
  });

  it("or goes round, ends", () => {
    const round = writes({ a: "1" });
    round.edges.push({ id: "back", sourceId: "n0", targetId: "n0" }, { id: "nowhere", sourceId: "n0", targetId: "x" });
    reasons(round, round);
  });
});

it("names a hundred at most, however much a config reads and writes", () => {
  expect(reasons(large("a"), large("b")).length).toBeLessThanOrEqual(100);
});

it("the examples are compatible with themselves, and break where their answer changes", () => {
  for (const { type, config } of exampleEngines) expect(reasons(config, config, type)).toEqual([]);
  const [placement, analysis] = exampleEngines;
  expect(
    reasons(placement!.config, replaced(placement!.config, '"key":"lender"', '"key":"bank"'), "placement"),
  ).toEqual(["output lender removed"]);
  expect(reasons(analysis!.config, replaced(analysis!.config, "vat_id", "tax_id"))).toEqual([
    "input vat_id removed",
    "input tax_id required",
  ]);
});

it("examples and graphs of the tests have the contract that they are known by", () => {
  expect([...contractOf("entity_analysis", expressionGraph({ a: "b" })).output.fields.keys()]).toEqual([
    "a",
    "findings",
  ]);
  expect([...contractOf("entity_analysis", expressionGraph({ a: "b" })).input.fields.keys()]).toEqual(["b"]);
});
