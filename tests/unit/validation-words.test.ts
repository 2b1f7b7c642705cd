/** What is wrong with a value, in words for whoever sent it. */
import { expect, test } from "vitest";
import { z } from "zod";
import { parseInput } from "../../lib/http/validation.ts";

const Thing = z.strictObject({
  name: z.string().min(1).max(3),
  size: z.int().min(2).max(9).optional(),
  ratio: z.number().optional(),
  on: z.boolean().optional(),
  id: z.uuid().optional(),
  code: z.string().regex(/^a/).optional(),
  kind: z.enum(["a", "b"]).optional(),
  all: z.literal(true).optional(),
  parts: z
    .array(z.strictObject({ of: z.string() }))
    .min(1)
    .max(2)
    .optional(),
  pins: z.record(z.string(), z.string()).optional(),
  own: z.string("has words of its own").optional(),
});

const GOOD = { name: "x" };

test.each<[object, string]>([
  [{ name: undefined }, "name: is required"],
  [{ name: 7 }, "name: must be a text"],
  [{ name: null }, "name: must be a text"],
  [{ name: "" }, "name: must not be empty"],
  [{ name: "long" }, "name: must have at most 3 characters"],
  [{ size: 1.5 }, "size: must be a whole number"],
  [{ size: 1 }, "size: must be at least 2"],
  [{ size: 10 }, "size: must be at most 9"],
  [{ ratio: "1" }, "ratio: must be a number"],
  [{ on: "yes" }, "on: must be true or false"],
  [{ id: "x" }, "id: must be an id"],
  [{ code: "b" }, "code: has not the right form"],
  [{ kind: "c" }, "kind: must be one of a, b"],
  [{ all: false }, "all: must be true"],
  [{ parts: {} }, "parts: must be a list"],
  [{ parts: [] }, "parts: must not be empty"],
  [{ parts: [{}] }, "parts.0.of: is required"],
  [{ parts: [{ of: "x" }, { of: "x" }, { of: "x" }] }, "parts: must have at most 2 entries"],
  [{ pins: [] }, "pins: must be an object"],
  [{ own: 7 }, "own: has words of its own"],
  [{ other: 1 }, "other: unknown field"],
])("%j is refused with words that a person understands", (bad, message) => {
  expect(() => parseInput(Thing, { ...GOOD, ...bad }, "body")).toThrow(message);
});

test("what is no object at all", () => {
  expect(() => parseInput(Thing, [], "body")).toThrow("body: must be an object");
});
