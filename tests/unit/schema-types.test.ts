/** The types that a JSON schema allows are the same whichever of its schemas is asked for first. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../lib/engines/evaluate-json.ts";
import { SchemaReferences } from "../../lib/engines/schema-references.ts";
import { TypesReader } from "../../lib/engines/schema-types.ts";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object } from "../fixtures/graph-lines.ts";

const to = (name: string) => ({ $ref: `#/$defs/${name}` });

/** The types of each of these schemas, which are asked for in this order. */
function typesInOrder($defs: Record<string, JsonObject>, order: readonly string[]): Record<string, string[]> {
  const reader = new TypesReader(new SchemaReferences({ $defs }));
  const told = order.map((name) => [name, [...(reader.of($defs[name]!).told ?? ["not told"])].sort()] as const);
  return Object.fromEntries(told);
}

const orders = (names: readonly string[]) =>
  names.flatMap((_, from) => {
    const turned = [...names.slice(from), ...names.slice(0, from)];
    return [turned, turned.toReversed()];
  });

describe("schemas that go round", () => {
  it.each<[string, Record<string, JsonObject>, Record<string, string[]>]>([
    [
      "say of themselves what they say without each other",
      { a: { type: ["string", "number"], allOf: [to("b")] }, b: { type: ["string", "null"], allOf: [to("a")] } },
      { a: ["number", "string"], b: ["null", "string"] },
    ],
    [
      "are told to those who are not among them",
      {
        outside: { anyOf: [to("b"), { type: "boolean" }] },
        a: { type: ["string", "number"], allOf: [to("b")] },
        b: { type: ["string", "null"], ...to("a") },
      },
      { outside: ["boolean", "null", "string"], a: ["number", "string"], b: ["null", "string"] },
    ],
    [
      "are told by what is not among them",
      {
        a: { allOf: [to("b"), to("inside")] },
        b: { allOf: [to("c")] },
        c: { allOf: [to("a"), to("inside")], type: ["string", "number"] },
        inside: { enum: ["x", null] },
      },
      { a: ["null", "string"], b: ["not told"], c: ["string"], inside: ["null", "string"] },
    ],
    [
      "leave a choice open",
      { a: { anyOf: [to("b"), { type: "string" }] }, b: { oneOf: [to("a"), { type: "number" }] } },
      { a: ["not told"], b: ["not told"] },
    ],
  ])("%s", (_, schemas, expected) => {
    for (const order of orders(Object.keys(schemas))) expect(typesInOrder(schemas, order)).toEqual(expected);
  });

  it("and stand in another order break nobody", () => {
    const $defs = { a: { type: ["string", "number"], allOf: [to("b")] }, b: { type: ["string", "null"], ...to("a") } };
    const choice = { anyOf: [to("b"), { type: "boolean" }] };
    const taking = (fields: Record<string, object>) =>
      line({ input: { ...object(fields), $defs } }, expressions({ x: "1" }));
    const [before, after] = [taking({ p: to("a"), q: choice }), taking({ q: choice, p: to("a") })];
    expect(reasons(before, after)).toEqual([]);
    expect(reasons(after, before)).toEqual([]);
  });
});

it("a way from one schema to another may be as long as there are schemas", () => {
  const length = 20_000;
  const names = Array.from({ length }, (_, n) => `s${n}`);
  const $defs = Object.fromEntries(names.map((name, n) => [name, n + 1 < length ? to(`s${n + 1}`) : { type: "null" }]));
  expect(typesInOrder($defs, ["s0", "s19000"])).toEqual({ s0: ["null"], s19000: ["null"] });
  const round = { ...$defs, [`s${length - 1}`]: to("s0") };
  expect(typesInOrder(round, ["s5", "s0"])).toEqual({ s5: ["not told"], s0: ["not told"] });
});
