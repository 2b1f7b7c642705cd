/** When a delivery is tried again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { webhookOperations } from "../../lib/api/v1/webhooks.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/time.ts";
import { LONGEST_RETRY_AFTER_MS, parseRetryAfterMs, retryDelayMs } from "../../lib/webhooks/retry-delay.ts";

const now = new Date("2026-11-21T12:00:00.000Z");

describe("the schedule", () => {
  it("is 0, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, and then ends", () => {
    const delays = Array.from({ length: 12 }, (_, step) => retryDelayMs(step, null, 0.5));
    expect(delays).toEqual([
      0,
      5_000,
      5 * MINUTE_MS,
      30 * MINUTE_MS,
      ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
      null,
      null,
    ]);
  });

  it("varies by 20 %", () => {
    expect(retryDelayMs(2, null, 0)).toBe(4 * MINUTE_MS);
    expect(retryDelayMs(2, null, 1)).toBe(6 * MINUTE_MS);
  });

  it("waits longer where the receiver asks for it, up to a day, and never less", () => {
    expect(retryDelayMs(1, 10 * MINUTE_MS, 0.5)).toBe(10 * MINUTE_MS);
    expect(retryDelayMs(3, MINUTE_MS, 0.5)).toBe(30 * MINUTE_MS);
    expect(retryDelayMs(1, 30 * DAY_MS, 0.5)).toBe(DAY_MS);
    expect(retryDelayMs(10, MINUTE_MS, 0.5)).toBe(null);
  });
});

describe("Retry-After", () => {
  it("is said to be granted up to its limit where receivers' makers read: in the README and in the API's description", () => {
    const limit = `${LONGEST_RETRY_AFTER_MS / HOUR_MS} hours`;
    const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
    const said = [readme, ...webhookOperations.map(({ description }) => description ?? "")];
    const sentences = said
      .flatMap((text) => text.split(/\. /))
      .filter((sentence) => /tried again .*Retry-After/s.test(sentence));
    expect(sentences).toHaveLength(2);
    for (const sentence of sentences) expect(sentence).toContain(limit);
  });

  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Sat, 21 Nov 2026 12:00:30 GMT", 30_000],
    ["Saturday, 21-Nov-26 12:01:00 GMT", MINUTE_MS],
    ["Sat Nov 21 12:00:10 2026", 10_000],
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
    ["99999999999999999999", 1e23],
  ])("%s", (header, expected) => expect(parseRetryAfterMs(header, now)).toBe(expected));

  it.each(["", "soon", "-5", "1.5", "12:00", "2027-01-01", undefined])("%s is none", (header) =>
    expect(parseRetryAfterMs(header, now)).toBe(null),
  );

  it("that is given twice counts as the first says", () => {
    expect(parseRetryAfterMs(["5", "6"], now)).toBe(5_000);
  });
});
