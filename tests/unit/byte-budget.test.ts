/** What may stand in memory at once: a limit in bytes, a share for each, and turns for who waits. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ByteBudget } from "../../lib/byte-budget.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("no more than the limit is held, and what is given back can be taken again, once", () => {
  const budget = new ByteBudget(100);
  const first = budget.tryTake("a", 60)!;
  expect(budget.tryTake("b", 60)).toBeUndefined();
  first();
  first();
  const second = budget.tryTake("b", 60);
  expect(second).toBeDefined();
  expect(budget.tryTake("a", 60)).toBeUndefined();
});

test("nobody holds more than a share of it", () => {
  const budget = new ByteBudget(100, 50);
  expect(budget.tryTake("a", 30)).toBeDefined();
  expect(budget.tryTake("a", 30)).toBeUndefined();
  expect(budget.tryTake("b", 30)).toBeDefined();
});

test("what is larger than the limit goes alone", () => {
  const budget = new ByteBudget(100, 50);
  const large = budget.tryTake("a", 1_000)!;
  expect(budget.tryTake("b", 1)).toBeUndefined();
  large();
  expect(budget.tryTake("b", 1)).toBeDefined();
});

test("who waits comes in turn; whose share is used up does not hold up others", async () => {
  const budget = new ByteBudget(100, 50);
  const order: string[] = [];
  const ofA = await budget.take("a", 50);
  const ofB = await budget.take("b", 50);
  const waiting = ["a", "c", "b"].map(async (holder) => {
    await budget.take(holder, 40);
    order.push(holder);
  });
  ofB();
  await waiting[1];
  expect(order).toEqual(["c"]);
  ofA();
  await waiting[0];
  expect(order).toEqual(["c", "a"]);
});

test("who waits for longer than ten seconds is refused as overloaded, and lets the next one by", async () => {
  const budget = new ByteBudget(100);
  await budget.take("a", 60);
  const tooMuch = expect(budget.take("b", 60)).rejects.toMatchObject({ code: "overloaded", retryAfterSeconds: 1 });
  vi.advanceTimersByTime(5_000);
  const little = budget.take("c", 30);
  vi.advanceTimersByTime(5_000);
  await tooMuch;
  expect(await little).toBeTypeOf("function");
});

test("who goes away while waiting lets the next one by at once, and who has gone takes nothing", async () => {
  const budget = new ByteBudget(100);
  const end = await budget.take("a", 60);
  const gone = new AbortController();
  const refused = expect(budget.take("a", 60, gone.signal)).rejects.toMatchObject({ code: "overloaded" });
  const little = budget.take("a", 30, new AbortController().signal);
  gone.abort();
  await refused;
  const endLittle = await little;
  await expect(budget.take("b", 1, gone.signal)).rejects.toMatchObject({ code: "overloaded" });
  end();
  endLittle();
  expect(budget.tryTake("b", 100)).toBeDefined();
});

test("who has taken holds on, wherever the one that it was for may go", async () => {
  const budget = new ByteBudget(100);
  const end = await budget.take("a", 100);
  const gone = new AbortController();
  const waiting = budget.take("b", 100, gone.signal);
  end();
  const endOfB = await waiting;
  gone.abort();
  expect(budget.tryTake("a", 1)).toBeUndefined();
  endOfB();
  expect(budget.tryTake("a", 1)).toBeDefined();
});

test("when one has waited too long, others go before the next of the same holder", async () => {
  const budget = new ByteBudget(100);
  await budget.take("a", 60);
  const refused = expect(budget.take("b", 60)).rejects.toMatchObject({ code: "overloaded" });
  vi.advanceTimersByTime(5_000);
  const next = budget.take("b", 60).catch(() => "late");
  const little = budget.take("c", 30);
  vi.advanceTimersByTime(5_000);
  await refused;
  expect(await little).toBeTypeOf("function");
  vi.advanceTimersByTime(5_000);
  expect(await next).toBe("late");
});

test("holders take turns, however many of one wait", async () => {
  const budget = new ByteBudget(100);
  const order: string[] = [];
  let end = await budget.take("a", 100);
  const waiting = ["a1", "a2", "a3", "b1", "b2", "c1"].map(async (name) => {
    const hold = await budget.take(name[0]!, 100);
    order.push(name);
    end = hold;
  });
  while (order.length < waiting.length) {
    end();
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
});

test("who has nothing goes before those whose share is used up, also where it does not fit beside them all", async () => {
  const budget = new ByteBudget(100, 50);
  await budget.take("a", 50);
  const late = budget.take("a", 80).catch(() => "late");
  expect(await budget.take("b", 50)).toBeTypeOf("function");
  vi.advanceTimersByTime(10_000);
  expect(await late).toBe("late");
});

test("no more than a hundred of one wait, and a thousand of all", async () => {
  const budget = new ByteBudget(1);
  await budget.take("a", 1);
  const wait = (holder: string) => budget.take(holder, 1).catch(() => "late");
  const waiting = Array.from({ length: 1_000 }, (_, i) => wait(`${i % 10}`));
  await expect(budget.take("another", 1)).rejects.toMatchObject({ code: "overloaded" });
  vi.advanceTimersByTime(10_000);
  await Promise.all(waiting);
  const ofOne = Array.from({ length: 100 }, () => wait("a"));
  await expect(budget.take("a", 1)).rejects.toMatchObject({ code: "overloaded", retryAfterSeconds: 1 });
  waiting.push(...ofOne, wait("b"));
  vi.advanceTimersByTime(10_000);
  vi.advanceTimersByTime(10_000);
  await Promise.all(waiting);
});
