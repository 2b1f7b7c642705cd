/** The "created" filter of runs: what its texts mean, and that nothing else means anything. */
import { describe, expect, it } from "vitest";
import { createdLabel, createdRange, isCreatedRange } from "../../lib/runs/created-range.ts";

const NOW = Date.parse("2026-11-21T10:00:00.000Z");

describe("createdRange", () => {
  it.each([
    ["1h", "2026-11-21T09:00:00.000Z"],
    ["24h", "2026-11-20T10:00:00.000Z"],
    ["7d", "2026-11-14T10:00:00.000Z"],
    ["30d", "2026-10-22T10:00:00.000Z"],
  ])("%s reaches back from now", (text, after) => {
    expect(createdRange(text, NOW)).toEqual({ createdAfter: after, createdBefore: undefined });
  });

  it("includes both days of a pair, in UTC", () => {
    expect(createdRange("2026-11-01..2026-11-03", NOW)).toEqual({
      createdAfter: "2026-11-01T00:00:00.000Z",
      createdBefore: "2026-11-04T00:00:00.000Z",
    });
    expect(createdRange("2026-11-01..2026-11-01", NOW).createdBefore).toBe("2026-11-02T00:00:00.000Z");
  });

  it.each([
    null,
    "",
    "2h",
    "yesterday",
    "2026-11-03..2026-11-01",
    "2026-13-01..2026-13-02",
    "2026-11-01",
    "..",
    "1h..2h",
    "0000-01-01..2026-01-01",
    "2026-01-01..9999-12-31",
  ])("%o is no limit", (text) => {
    expect(createdRange(text, NOW)).toEqual({ createdAfter: undefined, createdBefore: undefined });
    expect(text !== null && isCreatedRange(text)).toBe(false);
  });
});

it("is written in words", () => {
  expect(createdLabel("24h")).toBe("last 24 h");
  expect(createdLabel("2026-11-01..2026-11-03")).toBe("2026-11-01 – 2026-11-03");
});
