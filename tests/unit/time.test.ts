/** Times on the wire: which are taken, and how they are told. */
import { expect, test } from "vitest";
import { timeInput } from "../../lib/time-input.ts";
import { toIso, toIsoOrNull } from "../../lib/time.ts";

test.each([
  "2026-11-21T10:00:00Z",
  "2026-11-21T10:00:00.123+05:30",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "9999-12-31T23:59:59+23:59",
])("%s is a time", (text) => {
  expect(timeInput.parse(text)).toBe(text);
});

test.each([
  ["yesterday", "must be a time such as 2027-01-31T12:00:00Z"],
  ["2026-11-21", "must be a time such as 2027-01-31T12:00:00Z"],
  ["2026-02-30T00:00:00Z", "must be a time such as 2027-01-31T12:00:00Z"],
  ["9999-12-31T23:59:59-23:59", "must be in the years 1 to 9999"],
  ["0000-12-31T00:00:00Z", "must be in the years 1 to 9999"],
  ["0001-01-01T00:00:00+00:01", "must be in the years 1 to 9999"],
])("%s is refused: %s", (text, message) => {
  expect(timeInput.safeParse(text).error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test("what cannot be told with four digits of a year is told as the nearest that can", () => {
  expect(toIso(new Date(Date.parse("9999-12-31T23:59:59.999Z") + 1))).toBe("9999-12-31T23:59:59.999Z");
  expect(toIsoOrNull(new Date(-8.64e15))).toBe("0001-01-01T00:00:00.000Z");
  expect(toIso(new Date(0))).toBe("1970-01-01T00:00:00.000Z");
});
