/** How the portal writes numbers, times, durations and scopes. */
import { describe, expect, it } from "vitest";
import { expiryProblem, expiryTime } from "../../components/api-keys/expiry.ts";
import { firstRunCommand, keyVariable } from "../../components/api-keys/first-run-command.ts";
import { scopesLabel, scopesOf } from "../../components/api-keys/scopes.ts";
import { findingsOf, scoreScale, solutionsOf } from "../../components/runs/result-shapes.ts";
import { formatCount, formatDuration, formatNumber } from "../../components/ui/format-number.ts";
import { formatExact, formatRelative } from "../../components/ui/format-time.ts";

const NOW = Date.parse("2026-11-21T10:00:00.000Z");
const plain = (text: string) => text.replaceAll(/[\u202f\u00a0]/g, " ");

it.each([
  [0, "0 ms"],
  [412, "412 ms"],
  [999.6, "1.0 s"],
  [1_234, "1.2 s"],
  [30_000, "30.0 s"],
  [59_960, "1 min 0 s"],
  [123_000, "2 min 3 s"],
  [3_840_000, "1 h 4 min"],
])("a duration of %d ms is %s", (ms, words) => expect(plain(formatDuration(ms))).toBe(words));

it("groups large numbers by thin spaces", () => {
  expect(plain(formatCount(58_110))).toBe("58 110");
  expect(plain(formatNumber(500_000))).toBe("500 000");
  expect(formatNumber(2026)).toBe("2026");
  expect(plain(formatNumber(-12_345.5))).toBe("-12 345.5");
  expect(formatNumber(1e21)).toBe("1e+21");
});

it.each([
  [2_000, "just now"],
  [12_000, "12 s ago"],
  [120_000, "2 min ago"],
  [3 * 3_600_000, "3 h ago"],
  [5 * 86_400_000, "5 d ago"],
  [-3 * 3_600_000, "in 3 h"],
  [60 * 86_400_000, "22 Sep 2026"],
])("%d ms before now is %s", (before, words) =>
  expect(plain(formatRelative(new Date(NOW - before).toISOString(), NOW))).toBe(words),
);

it("says exact times in UTC", () => {
  expect(formatExact("2026-11-21T10:38:12.034Z")).toBe("21 Nov 2026, 10:38:12 UTC");
  expect(formatExact("2026-11-21T10:38:12.034Z", true)).toBe("21 Nov 2026, 10:38:12.034 UTC");
});

describe("keys", () => {
  it("names the scopes of a preset by its name, whatever their order", () => {
    expect(scopesLabel(["runs:read", "runs:write"])).toBe("Trigger only");
    expect(scopesLabel(scopesOf("full", new Set()))).toBe("Full");
    expect(scopesLabel(["runs:read"])).toBe("runs:read");
    expect(scopesLabel(["runs:read", "engines:manage"])).toBe("2 scopes");
  });

  it("takes a day of one's own to its end in UTC, and refuses one that has passed", () => {
    expect(expiryTime("custom", "2026-11-21", NOW)).toBe("2026-11-21T23:59:59.000Z");
    expect(expiryProblem("custom", "2026-11-20", NOW)).toBe("This day has passed");
    expect(expiryProblem("custom", "", NOW)).toBe("Choose a day");
    expect(expiryTime("30d", "", NOW)).toBe("2026-12-21T10:00:00.000Z");
    expect(expiryTime("never", "", NOW)).toBeUndefined();
  });

  it("writes a command that can be pasted", () => {
    const target = { apiUrl: "http://api.test", platformUrl: "http://portal.test", engine: "loan-placement" };
    expect(firstRunCommand("nx_dev_x", target)).toBe(
      [
        "curl -s http://portal.test/examples/loan-placement.json |",
        "curl -X POST http://api.test/api/v1/engines/loan-placement/runs \\",
        '  -H "Authorization: Bearer nx_dev_x" \\',
        '  -H "Content-Type: application/json" \\',
        "  -d @-",
      ].join("\n"),
    );
    expect(firstRunCommand("nx_dev_x", { ...target, engine: "own" })).toMatch(/-d @input\.json$/);
    expect(keyVariable("my_env")).toBe("$NEXIO_MY_ENV_KEY");
  });
});

describe("what engines answer", () => {
  it("is read whatever shape it has", () => {
    for (const odd of [undefined, null, 1, "x", [], [1, null], {}, { findings: "none" }]) {
      expect(solutionsOf(odd)).toEqual([]);
      expect(findingsOf(odd)).toBeNull();
    }
  });

  it("shows solutions with their own short fields, and findings worst first", () => {
    const [solution] = solutionsOf([
      {
        rank: 1,
        offering_id: "a",
        offering_name: "A",
        score: 87.4,
        reasons: ["fits", 3],
        rate: 7.9,
        nested: {},
        ok: true,
      },
    ]);
    expect(solution).toMatchObject({ id: "a", name: "A", score: 87.4, reasons: ["fits"] });
    expect(solution!.fields).toEqual([
      ["rate", "7.9"],
      ["ok", "yes"],
    ]);
    const findings = findingsOf({
      findings: [
        { code: "b", message: "m", severity: "low" },
        { code: "a", message: "m", severity: "critical" },
      ],
    });
    expect(findings!.map(({ code }) => code)).toEqual(["a", "b"]);
  });

  it.each([
    [[0.2, 0.9], 1],
    [[42, 87], 100],
    [[420, 87], 420],
    [[], 1],
  ])("scores %o are drawn on a scale to %d", (scores, end) => expect(scoreScale(scores)).toBe(end));
});
