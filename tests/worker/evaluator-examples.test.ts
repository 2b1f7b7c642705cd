/** The example engines that every organization gets can be published, complete, and say something worth reading. */
import { describe, expect, it } from "vitest";
import { validateGraph } from "../../lib/engines/decision-graph-validate.ts";
import { exampleEngines, exampleRequests } from "../../lib/engines/examples/engines.ts";
import type { EvaluationItem } from "../../lib/worker/evaluator-types.ts";
import { bodyOf, evaluateAll, evaluateOne, makeItem, makePool } from "./evaluator-harness.ts";

type Request = { input: { [field: string]: unknown }; offerings?: unknown };

function itemOf(slug: string, change: (request: Request) => void = () => {}): EvaluationItem {
  const { config, type } = exampleEngines.find((engine) => engine.slug === slug)!;
  const request = structuredClone(exampleRequests.get(slug)) as Request;
  change(request);
  return makeItem(config, { type, ...request });
}

describe.each(exampleEngines.map(({ slug, type, config }) => ({ slug, type, config })))(
  "$slug",
  ({ slug, type, config }) => {
    it("can be published", async () => {
      expect(await validateGraph("org", type, config)).toEqual({ valid: true, problems: [] });
    });

    it("says what is missing from a request without it", async () => {
      const outcome = await evaluateOne(
        makePool(),
        itemOf(slug, (request) => (request.input = {})),
      );
      expect(bodyOf(outcome).error).toMatchObject({
        code: "engine_error",
        message: expect.stringContaining("is a required property") as string,
        details: { node_name: "Request" },
      });
    });
  },
);

describe("loan-placement", () => {
  it("answers the served request with ranked programmes and reasons, of at least a dozen", async () => {
    const outcome = await evaluateOne(makePool(), itemOf("loan-placement"));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "COMPLETED" } });
    const { output, solutions } = bodyOf(outcome);
    expect(output!.offerings).toBeGreaterThanOrEqual(12);
    expect(solutions!.length).toBeGreaterThanOrEqual(3);
    const scores = solutions!.map((solution) => solution.score as number);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(new Set(scores).size).toBeGreaterThan(2);
    const ineligible = output!.ineligible as { reasons: string[] }[];
    expect(ineligible.length).toBeGreaterThan(0);
    for (const one of [...solutions!, ...ineligible]) expect((one.reasons as string[]).length).toBeGreaterThan(0);
  });

  it("evaluates every programme for borrowers of every kind", async () => {
    const items = [];
    for (const amount of [5_000, 350_000, 9_000_000]) {
      for (const industry of ["manufacturing", "cannabis", "something new"]) {
        for (const debt of [0, 120_000]) {
          for (const state of ["OH", "AK"]) {
            const change = ({ input }: Request) => {
              Object.assign(input.business as object, {
                industry,
                state,
                annual_debt_service: debt,
                years_in_business: 0.5,
              });
              Object.assign(input.request as object, { amount, purpose: "payroll", needed_within_days: 1 });
            };
            items.push(itemOf("loan-placement", change));
          }
        }
      }
    }
    for (const outcome of await evaluateAll(makePool(), items)) {
      expect(outcome).toMatchObject({ kind: "finished", result: { status: "COMPLETED" } });
    }
  });

  it("writes amounts as people do", async () => {
    const item = itemOf("loan-placement", ({ input }) =>
      Object.assign(input.request as object, { amount: 9_000_000, purpose: "equipment" }),
    );
    const { output } = bodyOf(await evaluateOne(makePool(), item));
    const reasons = (output!.ineligible as { reasons: string[] }[]).flatMap((one) => one.reasons);
    expect(reasons).toContain("lends up to $5.5M");
    expect(reasons).toContain("lends up to $50k");
  });
});

describe("company-check", () => {
  it("answers the served request with findings, worst first, and a risk", async () => {
    const outcome = await evaluateOne(makePool(), itemOf("company-check"));
    const { output } = bodyOf(outcome);
    const findings = output!.findings as { severity: string }[];
    expect(findings.length).toBeGreaterThanOrEqual(3);
    const order = findings.map(({ severity }) => ["critical", "high", "medium", "low", "info"].indexOf(severity));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(output).toMatchObject({ risk: "high", recommendation: "Proceed only after a manual review" });
  });

  it("finds nothing wrong with an ordinary company, and the worst with the worst", async () => {
    const pool = makePool();
    const fine = {
      vat_id: "DE812345678",
      years_since_registration: 12,
      shared_address: false,
      employees: 60,
      previous_revenue: 9_000_000,
      owners: [{ name: "Ingrid Petersen", percent: 100, politically_exposed: false }],
    };
    const good = await evaluateOne(
      pool,
      itemOf("company-check", ({ input }) => Object.assign(input, fine)),
    );
    expect(bodyOf(good).output).toMatchObject({ findings: [], risk: "low", recommendation: "Proceed" });
    const worst = { country: "KP", insolvency_proceedings: true, employees: 0, previous_revenue: 0, owners: [] };
    const bad = await evaluateOne(
      pool,
      itemOf("company-check", ({ input }) => Object.assign(input, worst)),
    );
    const { output } = bodyOf(bad);
    expect(output!.risk).toBe("unacceptable");
    const severities = (output!.findings as { severity: string }[]).map((finding) => finding.severity);
    expect(severities.slice(0, 3)).toEqual(["critical", "critical", "medium"]);
  });
});
