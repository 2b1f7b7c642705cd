/** How a look at the newest deliveries is shared out among endpoints. */
import { describe, expect, it } from "vitest";
import { sampleOf, shareLook } from "../../lib/webhooks/look-shares.ts";

const untilMs = Date.parse("2026-11-21T12:00:00Z");
const before = (ms: number) => new Date(untilMs - ms);
const share = (...ages: (number | null)[]) =>
  shareLook(
    ages.map((age, n) => ({ id: `${n}`, sampled: age === null ? null : before(age) })),
    { untilMs, total: 20_000 },
  ).map(({ rows }) => rows);

describe("a look", () => {
  it("goes through all of what one endpoint may have", () => expect(share(1_000)).toEqual([20_000]));

  it("goes through more of those that are sent more", () => expect(share(1_000, 3_000)).toEqual([15_000, 5_000]));

  it("goes through a few of each, and of no more in all however many there are", () => {
    const rows = share(1, ...Array.from({ length: 399 }, () => 86_400_000));
    expect(Math.min(...rows)).toBe(20);
    expect(rows.reduce((sum, own) => sum + own, 0)).toBeLessThanOrEqual(20_000 + 400 * 20);
    expect(rows[0]).toBeGreaterThan(19_000);
  });

  it("gives to others what one has no rows for", () => expect(share(null, 5_000, null)).toEqual([20, 20_000, 20]));

  it("is shared out evenly where everything happened at once", () => expect(share(0, 0)).toEqual([10_000, 10_000]));
});

it("is measured from where the list goes on", () => {
  const hex = untilMs.toString(16).padStart(12, "0");
  const beforeId = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  expect(sampleOf({ beforeId, createdBeforeMs: untilMs + 1 }).untilMs).toBe(untilMs);
  expect(sampleOf({ createdBeforeMs: untilMs }).untilMs).toBe(untilMs);
});
