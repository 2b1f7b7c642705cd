/** What the run page makes of a run: spans of time, offerings in groups, and how a node came to its output. */
import { describe, expect, it } from "vitest";
import { readNode } from "../../components/runs/node-reading.ts";
import { momentsOf, spansOf, whySoLong } from "../../components/runs/run-moments.ts";
import { failureIn, offeringGroups } from "../../components/runs/trace-offerings.ts";
import type { RunDetailDto } from "../../lib/runs/schema.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 10, 0, 0) + second * 1_000).toISOString();
const nowMs = Date.parse(at(60));

describe("spans", () => {
  it("are waiting and executing, up to now for what has not ended", () => {
    const created_at = at(0);
    expect(spansOf({ created_at, started_at: at(4), completed_at: at(5) }, nowMs)).toEqual({
      wait: 4_000,
      execution: 1_000,
    });
    expect(spansOf({ created_at, started_at: at(50) }, nowMs)).toEqual({ wait: 50_000, execution: 10_000 });
    expect(spansOf({ created_at }, nowMs)).toEqual({ wait: 60_000, execution: undefined });
    expect(spansOf({ created_at, completed_at: at(3) }, nowMs)).toEqual({ wait: 3_000, execution: undefined });
  });

  it("never run backwards, whatever the clocks say", () => {
    expect(spansOf({ created_at: at(5), started_at: at(4), completed_at: at(3) }, 0)).toEqual({
      wait: 0,
      execution: 0,
    });
    expect(spansOf({ created_at: at(5), started_at: at(6) }, 0)).toEqual({ wait: 1_000, execution: 0 });
  });

  it("are explained where something stands out", () => {
    expect(whySoLong({ wait: 20, execution: 30 }, "COMPLETED", 0)).toBeUndefined();
    expect(whySoLong({ wait: 9_000, execution: 30 }, "COMPLETED", 0)).toContain("waited for its turn");
    expect(whySoLong({ wait: 9_000, execution: undefined }, "PENDING", 0)).toContain("waits for its turn");
    expect(whySoLong({ wait: 20, execution: 3_000 }, "COMPLETED", 0)).toContain("the engine itself");
    expect(whySoLong({ wait: 30_000, execution: 30 }, "COMPLETED", 1)).toContain("a worker died");
  });
});

it("moments tell where a run came from, who died with it, and how it ended", () => {
  const run = {
    status: "FAILED",
    source: "portal",
    engine: "check",
    engine_version: "1.2",
    takeovers: 2,
    created_at: at(0),
    started_at: at(1),
    completed_at: at(2),
    error: { code: "engine_error", message: "" },
  } as RunDetailDto;
  expect(momentsOf(run).map(({ title, detail }) => [title, detail])).toEqual([
    ["Accepted from the portal", undefined],
    ["Taken over 2 times", "A worker that executed it died"],
    ["Execution started", "A worker evaluated it with check 1.2"],
    ["Failed", "engine_error"],
  ]);
});

describe("offerings of a trace", () => {
  const solutions = [{ rank: 1, offering_id: "a", offering_name: "Gold", score: 77.5, reasons: [] }];
  const details = { node_id: "n", node_name: "Node", offering_id: "bad" };
  const output = {
    ineligible: [{ offering_id: "c", offering_name: "c", reasons: [] }],
    failed: [{ offering_id: "bad", offering_name: "Bad", error: { message: "no", details } }],
  };

  it("are in groups: failed, ranked, the rest", () => {
    expect(offeringGroups({ output, solutions }, null)).toEqual([
      { label: "Could not be evaluated", offerings: [{ id: "bad", label: "Bad (bad)" }] },
      { label: "Eligible", offerings: [{ id: "a", label: "1. Gold (a) · 77.5" }] },
      { label: "Not eligible", offerings: [{ id: "c", label: "c" }] },
    ]);
    expect(offeringGroups({ output: { findings: [] } }, { evaluations: [{ nodes: [] }] })).toEqual([]);
  });

  it("of a run that failed are known by its trace", () => {
    const trace = { evaluations: [{ offering_id: "x", offering_name: "X", nodes: [] }] };
    expect(offeringGroups({}, trace)).toEqual([{ label: "Offerings", offerings: [{ id: "x", label: "X (x)" }] }]);
  });

  it("failed at a node, each at its own", () => {
    expect(failureIn({ output, solutions }, "bad")).toEqual({ nodeId: "n", message: "no" });
    expect(failureIn({ output, solutions }, "a")).toBeUndefined();
    expect(failureIn({ error: { code: "engine_error", message: "all", details } }, "x")).toEqual({
      nodeId: "n",
      message: "all",
    });
  });
});

describe("how a node came to its output", () => {
  const table = { type: "decisionTableNode", content: { rules: [{}, {}, {}] } };
  const match = {
    index: 1,
    reference_map: { "a.b[0]": 7 },
    rule: { _id: "r1", "a.b[0][col-1]": "> 5", "other[col-2]": "" },
  };

  it("a decision table by the rows that matched, with the values that they were asked for", () => {
    const row = { row: 2, of: 3, cells: [{ field: "a.b[0]", value: 7, condition: "> 5" }] };
    expect(readNode(table, match)).toEqual({ kind: "table", of: 3, rows: [row] });
    expect(readNode(table, [match, match])).toMatchObject({ rows: [row, row] });
    expect(readNode(table, null)).toEqual({ kind: "table", of: 3, rows: [] });
  });

  it("expressions, switches and functions by theirs", () => {
    const expressions = {
      type: "expressionNode",
      content: { expressions: [{ key: "x", value: "a * 2" }, { key: "y" }] },
    };
    expect(readNode(expressions, { x: { result: 4 } })).toEqual({
      kind: "expressions",
      rows: [{ key: "x", expression: "a * 2", result: 4 }],
    });
    const statements = [
      { id: "s1", condition: "a > 1" },
      { id: "s2", condition: "" },
    ];
    expect(readNode({ type: "switchNode", content: { statements } }, { statements: [{ id: "s2" }] })).toEqual({
      kind: "switch",
      ways: [
        { id: "s1", condition: "a > 1", taken: false },
        { id: "s2", condition: "", taken: true },
      ],
    });
    const log = [{ lines: ['"hi"', "1"], msSinceRun: 0 }, { lines: ['{"a":1}'] }];
    expect(readNode({ type: "functionNode" }, { log })).toEqual({ kind: "log", lines: ["hi 1", '{"a":1}'] });
  });

  it.each([[undefined], [null], [5], [[]], [{ type: "inputNode" }], [{ type: "expressionNode", content: 5 }]])(
    "of %j is nothing to tell",
    (node) => expect(readNode(node, { any: "thing" })).toBeUndefined(),
  );
});
