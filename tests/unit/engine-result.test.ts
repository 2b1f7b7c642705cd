/** What raw results of a graph become: solutions, findings, degradation, errors. */
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import {
  concludeAnalysis,
  concludePlacement,
  failed,
  toResult,
  type Evaluation,
  type Offering,
} from "../../lib/engines/evaluate-result.ts";
import { runError } from "../../lib/engines/run-errors.ts";

const answer = (output: JsonValue): Evaluation => ({ ok: true, output });
const broken = (message: string): Evaluation => ({ ok: false, error: runError("engine_error", message) });
const offerings: Offering[] = [{ id: "a", name: "Alpha" }, { id: "b" }, { id: "c", name: "" }];

describe("placement", () => {
  it("ranks eligible offerings by score, highest first, and equal ones in the order of the offerings", () => {
    const conclusion = concludePlacement(offerings, [
      answer({ eligible: true, score: 5, reasons: ["one"], rate: 7.5 }),
      answer({ eligible: true, score: 9 }),
      answer({ eligible: true, score: 5, reasons: null }),
    ]);
    expect(conclusion).toEqual({
      status: "COMPLETED",
      summary: "3 solutions",
      output: { offerings: 3, eligible: 3, ineligible: [] },
      solutions: [
        { rank: 1, offering_id: "b", offering_name: "b", score: 9, reasons: [] },
        { rank: 2, offering_id: "a", offering_name: "Alpha", score: 5, reasons: ["one"], rate: 7.5 },
        { rank: 3, offering_id: "c", offering_name: "c", score: 5, reasons: [] },
      ],
    });
  });

  it("lists the ineligible with their reasons, needs no score of them, and is COMPLETED without any solution", () => {
    const no = answer({ eligible: false, reasons: ["too young", null] });
    const conclusion = concludePlacement(offerings.slice(0, 1), [no]);
    expect(conclusion).toMatchObject({ status: "COMPLETED", summary: "no solutions", solutions: [] });
    expect(conclusion.output).toEqual({
      offerings: 1,
      eligible: 0,
      ineligible: [{ offering_id: "a", offering_name: "Alpha", reasons: ["too young"] }],
    });
  });

  it("repeats neither the context that was passed through nor what the solution says itself", () => {
    const passedThrough = {
      eligible: true,
      score: 1,
      input: { secret: 1 },
      offering: { id: "a" },
      rank: 99,
      extra: "kept",
    };
    const { solutions } = concludePlacement([{ id: "a" }], [answer(passedThrough)]);
    expect(solutions).toEqual([
      { rank: 1, offering_id: "a", offering_name: "a", score: 1, reasons: [], extra: "kept" },
    ]);
  });

  it("is DEGRADED when some offerings fail, and names them with their errors", () => {
    const conclusion = concludePlacement(offerings, [
      answer({ eligible: true, score: 1 }),
      broken("boom"),
      answer({ eligible: false }),
    ]);
    expect(conclusion).toMatchObject({
      status: "DEGRADED",
      summary: "1 of 3 failed",
      degradationReason: "1 of 3 offerings could not be evaluated: b (boom)",
      solutions: [{ offering_id: "a" }],
      output: {
        failed: [
          {
            offering_id: "b",
            error: { code: "engine_error", message: "boom", details: { offering_id: "b" } },
          },
        ],
      },
    });
    expect(conclusion.error).toBeUndefined();
  });

  it("is FAILED when all fail, with the first error", () => {
    const conclusion = concludePlacement(offerings, [broken("x"), broken("y"), broken("z")]);
    expect(conclusion).toMatchObject({
      status: "FAILED",
      summary: "engine_error",
      error: { code: "engine_error", message: "None of the 3 offerings could be evaluated. The first: x" },
    });
  });

  it("says once what is wrong with every offering alike, without blaming one of them", () => {
    const { error } = concludePlacement(offerings, [broken("same"), broken("same"), broken("same")]);
    expect(error).toEqual({ code: "engine_error", message: "same" });
  });

  it.each([
    ["output", 5],
    ["output", [1]],
    ["output", null],
    ["output.eligible", {}],
    ["output.eligible", { eligible: "yes", score: 1 }],
    ["output.score", { eligible: true }],
    ["output.score", { eligible: true, score: "9" }],
    ["output.reasons", { eligible: true, score: 1, reasons: "because" }],
    ["output.reasons", { eligible: true, score: 1, reasons: [1] }],
    // Fields of a prototype that a graph chose are no fields.
    ["output.eligible", Object.create({ eligible: true, score: 1 }) as JsonValue],
  ])("takes an answer with a wrong %s for a failure of that offering", (path, output) => {
    const { status, error } = concludePlacement([{ id: "a" }], [answer(output)]);
    expect(status).toBe("FAILED");
    expect(error).toMatchObject({ code: "engine_error", details: { path, offering_id: "a" } });
  });
});

describe("entity analysis", () => {
  it("keeps the graph's answer as the output, and counts findings", () => {
    const finding = { code: "vat", severity: "high", message: "bad VAT id", evidence: { vat: "X" } };
    const conclusion = concludeAnalysis(answer({ risk: 7, findings: [finding, null, { code: "x", message: "y" }] }));
    expect(conclusion).toEqual({
      status: "COMPLETED",
      summary: "2 findings",
      output: { risk: 7, findings: [finding, { code: "x", message: "y", severity: "info" }] },
    });
  });

  it("has no findings when the graph speaks of none", () => {
    expect(concludeAnalysis(answer({ score: 1 }))).toMatchObject({ summary: "no findings", output: { findings: [] } });
  });

  it.each([
    ["output", "text"],
    ["output.findings", { findings: {} }],
    ["output.findings[0]", { findings: ["text"] }],
    ["output.findings[0].code", { findings: [{ message: "m" }] }],
    ["output.findings[1].message", { findings: [null, { code: "c" }] }],
    ["output.findings[0].severity", { findings: [{ code: "c", message: "m", severity: "fatal" }] }],
  ])("fails with the path %s when that is wrong", (path, output) => {
    const { status, error } = concludeAnalysis(answer(output as JsonValue));
    expect(status).toBe("FAILED");
    expect(error).toMatchObject({ code: "engine_error", details: { path } });
  });
});

describe("what is stored", () => {
  it("is one JSON text with output, solutions and error as they exist", () => {
    const analysis = concludeAnalysis(answer({ a: 1 }));
    expect(toResult(analysis, 1_000)).toEqual({
      status: "COMPLETED",
      body: '{"output":{"a":1,"findings":[]}}',
      summary: "no findings",
    });
    expect(toResult(failed(runError("engine_timeout", "too long")), 1_000)).toEqual({
      status: "FAILED",
      body: '{"error":{"code":"engine_timeout","message":"too long"}}',
      summary: "engine_timeout",
      errorCode: "engine_timeout",
    });
  });

  it("is an error instead when it is too large, counted in bytes", () => {
    const large = concludeAnalysis(answer({ text: "é".repeat(600) }));
    const result = toResult(large, 1_000);
    expect(result).toMatchObject({ status: "FAILED", errorCode: "engine_output_too_large" });
    expect(result.body).toContain("at most 1000");
  });
});
