/** Answers as JSON: small ones at once, large ones as there is room. */
import { afterEach, expect, test } from "vitest";
import type { Hold } from "../../lib/byte-budget.ts";
import { answerBudget, jsonResponse } from "../../lib/http/json-response.ts";

const LARGE = { text: "x".repeat(1 << 20) };

let release: Hold | undefined;
afterEach(() => release?.());

/** Nothing is left of what answers may take. */
async function useUpAllRoom(): Promise<void> {
  release = await answerBudget().take("somebody", 1 << 30);
}

test("a large answer is given whole, as far as it is taken", async () => {
  const response = jsonResponse(LARGE, 200, { orgId: "a" });
  expect([response.status, response.headers.get("content-type"), response.headers.get("cache-control")]).toEqual([
    200,
    "application/json",
    "no-store",
  ]);
  expect(await response.json()).toEqual(LARGE);
});

test("no organization's callers have more than 32 MiB of answers on their way", async () => {
  const answers = Array.from({ length: 31 }, () => jsonResponse(LARGE, 200, { orgId: "a" }));
  expect(() => jsonResponse(LARGE, 200, { orgId: "a" })).toThrow(
    expect.objectContaining({ code: "overloaded", retryAfterSeconds: 1 }),
  );
  expect(jsonResponse({}, 200, { orgId: "a" }).status).toBe(200);
  await jsonResponse(LARGE, 200, { orgId: "b" }).body!.cancel();
  await answers.pop()!.text();
  answers.push(jsonResponse(LARGE, 200, { orgId: "a" }));
  for (const { body } of answers) await body!.cancel();
});

test("without room a read is refused, what a write has done is told", async () => {
  await useUpAllRoom();
  expect(() => jsonResponse(LARGE, 200, { orgId: "a" })).toThrow(expect.objectContaining({ code: "overloaded" }));
  expect(await jsonResponse(LARGE, 201, null).json()).toEqual(LARGE);
});
