/** Answers as JSON: small ones at once, large ones as there is room. */
import { afterEach, expect, test } from "vitest";
import type { Hold } from "../../lib/byte-budget.ts";
import { answerBudget, jsonResponse } from "../../lib/http/json-response.ts";

const reader = (orgId: string, init: RequestInit = {}) => ({ orgId, request: new Request("http://x/", init) });
const LARGE = { text: "x".repeat(1 << 20) };

let release: Hold | undefined;
afterEach(() => release?.());

/** Nothing is left of what answers may take. */
async function useUpAllRoom(): Promise<void> {
  release = await answerBudget().take("somebody", 1 << 30);
}

test("a large answer is given whole, as far as it is taken", async () => {
  const response = jsonResponse(LARGE, 200, reader("a"));
  expect([response.status, response.headers.get("content-type"), response.headers.get("cache-control")]).toEqual([
    200,
    "application/json",
    "no-store",
  ]);
  expect(await response.json()).toEqual(LARGE);
});

test("no organization's callers have more than 32 MiB of answers on their way", async () => {
  const answers = Array.from({ length: 31 }, () => jsonResponse(LARGE, 200, reader("a")));
  expect(() => jsonResponse(LARGE, 200, reader("a"))).toThrow(
    expect.objectContaining({ code: "overloaded", retryAfterSeconds: 1 }),
  );
  expect(jsonResponse({}, 200, reader("a")).status).toBe(200);
  await jsonResponse(LARGE, 200, reader("b")).body!.cancel();
  await answers.pop()!.text();
  answers.push(jsonResponse(LARGE, 200, reader("a")));
  for (const { body } of answers) await body!.cancel();
});

test("without room a read is refused, what a write has done is told", async () => {
  await useUpAllRoom();
  expect(() => jsonResponse(LARGE, 200, reader("a"))).toThrow(expect.objectContaining({ code: "overloaded" }));
  expect(await jsonResponse(LARGE, 201, null).json()).toEqual(LARGE);
});

const room = () => answerBudget().tryTake("a", 32 << 20);

test("who has gone before the answer is read gives its room back, whether or not it had begun to be sent", async () => {
  const gone = new AbortController();
  const unsent = jsonResponse(LARGE, 200, reader("a", { signal: gone.signal }));
  const begun = jsonResponse(LARGE, 200, reader("a", { signal: gone.signal })).body!.getReader();
  await begun.read();
  expect(room()).toBeUndefined();
  gone.abort();
  release = room();
  expect(release).toBeDefined();
  expect((await begun.read()).done).toBe(true);
  expect(await unsent.text()).toBe("");
});

test("nothing is made for who has gone already, or asks for the head alone", async () => {
  await useUpAllRoom();
  for (const init of [{ signal: AbortSignal.abort() }, { method: "HEAD" }]) {
    const { status, body } = jsonResponse(LARGE, 200, reader("a", init));
    expect([status, body]).toEqual([200, null]);
  }
});
