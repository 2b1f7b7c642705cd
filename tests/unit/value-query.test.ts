/** The language of searches by value: what a text means, what fits it, and what a text of JSON must have to fit. */
import { describe, expect, test } from "vitest";
import { fitsQuery, isValueQuery, parseValueQuery, textsOfQuery } from "../../lib/runs/value-query.ts";

const queryOf = (text: string) => {
  const { query, problem } = parseValueQuery(text);
  if (!query) throw new Error(problem);
  return query;
};
const fits = (text: string, payload: unknown) => fitsQuery(JSON.stringify(payload), queryOf(text));

const PAYLOAD = {
  input: {
    company: { country: "DE", name: 'Größe "1"', "a.b": 1, employees: 12, vat: "12", active: true, parent: null },
    amount: 1.5e3,
    tags: ["x", "yy"],
    items: [{ sku: "A" }, { sku: "B", sizes: [1, [2]] }],
  },
  offerings: [{ id: "o-1" }, { id: "o-2" }],
};

test.each([
  "input.company.country:DE",
  " input.company.country : DE ".replace(" :", ":"),
  'input.company.country:"DE"',
  "input.company.country:D*",
  "input.company.country:*",
  'input.company.name:"Größe \\"1\\""',
  'input.company.name:Größe "1"',
  'input.company."a.b":1',
  "input.company.employees:12",
  "input.company.employees:1.2e1",
  "input.company.vat:12",
  'input.company.vat:"12"',
  "input.company.active:true",
  "input.company.parent:null",
  "input.company.parent:*",
  "input.amount:1500",
  "input.tags:yy",
  "input.tags.1:yy",
  "input.items.sku:B",
  "input.items.1.sku:B",
  "input.items.sizes:2",
  "offerings.id:o-2",
  "offerings.0.id:o-1",
  "input:*",
])("%s fits", (text) => {
  expect(fits(text, PAYLOAD)).toBe(true);
  const json = JSON.stringify(PAYLOAD);
  for (const needed of textsOfQuery(queryOf(text))) expect(json).toContain(needed);
});

test.each([
  "input.company.country:de",
  "input.company.country:D",
  "input.company.country:E*",
  "input.company:DE",
  "input.country:DE",
  'input.company.employees:"12"',
  "input.company.vat:1*3",
  "input.company.parent.x:*",
  "input.tags.0:yy",
  "input.tags.length:2",
  "input.company.toString:*",
  "input.__proto__:*",
  "input.items.0.sku:B",
  "offerings.id:o",
  "output.company.country:DE",
])("%s does not fit", (text) => expect(fits(text, PAYLOAD)).toBe(false));

test.each([
  ["loan", "begins with"],
  ["inputs.a:1", "begins with"],
  ["input.a", "path and a colon"],
  ["input a:1", "begins with"],
  ["input..a:1", "path and a colon"],
  ["input.a b:1", "path and a colon"],
  ['input."a:1', "path and a colon"],
  ["input.a:", "needs a value"],
  ['input.a:"x', "does not end"],
  ['input.a:"x" y', "does not end"],
  [`input.${"a.".repeat(40)}b:1`, "more than 32"],
  [`input.a:${"x".repeat(600)}`, "more than 500"],
])("%s is none", (text, problem) => expect(parseValueQuery(text).problem).toContain(problem));

describe("what a search box takes for one", () => {
  test.each(["input.a:1", "output:x", " solutions.0.id:7"])("%s", (text) => expect(isValueQuery(text)).toBe(true));
  test.each(["input", "0197…a3f2", "customer:42", "my.input.a:1"])("not %s", (text) =>
    expect(isValueQuery(text)).toBe(false),
  );
});

test.each<[string, string, boolean]>([
  ["9007199254740993", "9007199254740993", true],
  ["9007199254740993", "9007199254740992", false],
  ["9007199254740992", "9007199254740993", false],
  ["9007199254740993", "9007199254740993.0", true],
  ["9007199254740993", "90071992547409930e-1", true],
  ["0.1", "0.10000000000000000001", false],
  ["0.1", "1e-1", true],
  ["1500", "15.00E2", true],
  ["-1500", "1500", false],
  ["0", "-0.0e7", true],
  ["1e400", "10e399", true],
  ["1e400", "1e401", false],
  ["1e-400", "0", false],
  ["12", "[12.000000000000000001, 12]", true],
  ["12", "[12.000000000000000001, 13]", false],
])("%s is asked for, %s is there: %j", (asked, there, expected) => {
  expect(fitsQuery(`{"input":{"n":${there},"m":1}}`, queryOf(`input.n:${asked}`))).toBe(expected);
});

test("lists in lists are looked through once each, however many indexes are asked for", () => {
  let deep: unknown = [7];
  for (let n = 0; n < 60; n++) deep = [deep];
  const path = `input.deep${".0".repeat(30)}`;
  expect(fits(`${path}:7`, { input: { deep } })).toBe(true);
  // Without a memory this takes 2 to the 59th looks.
  expect(fits(`${path}:8`, { input: { deep } })).toBe(false);
});
