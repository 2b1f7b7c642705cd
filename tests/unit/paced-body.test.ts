/** A large answer: as it is, in pieces, and counted until its reader has it, goes away or is too slow. */
import { expect, test, vi } from "vitest";
import { pacedBody } from "../../lib/http/paced-body.ts";

const KILOBYTE = 1 << 10;

test("its bytes arrive as they are, and are given back after the last", async () => {
  const release = vi.fn();
  const parts = [Buffer.from("head"), Buffer.alloc(200 * KILOBYTE, "x"), Buffer.from("tail")];
  const body = pacedBody(parts, release);
  expect(body.bytes).toBe(200 * KILOBYTE + 8);
  expect(release).not.toHaveBeenCalled();
  expect(Buffer.from(await new Response(body.stream).arrayBuffer()).equals(Buffer.concat(parts))).toBe(true);
  expect(release).toHaveBeenCalled();
});

test("no piece is made before it is asked for", async () => {
  const release = vi.fn();
  const reader = pacedBody([Buffer.alloc(100 * KILOBYTE)], release).stream.getReader();
  expect((await reader.read()).value).toHaveLength(64 * KILOBYTE);
  expect((await reader.read()).value).toHaveLength(36 * KILOBYTE);
  expect(release).not.toHaveBeenCalled();
  expect((await reader.read()).done).toBe(true);
  expect(release).toHaveBeenCalled();
});

test("a reader that goes away gives them back", async () => {
  const release = vi.fn();
  await pacedBody([Buffer.alloc(KILOBYTE)], release).stream.cancel();
  expect(release).toHaveBeenCalled();
});

test("a reader that takes them too slowly is cut off", async () => {
  vi.useFakeTimers();
  try {
    const release = vi.fn();
    const reader = pacedBody([Buffer.alloc(320 * KILOBYTE)], release).stream.getReader();
    await reader.read();
    vi.advanceTimersByTime(39_999);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalled();
    await expect(reader.read()).rejects.toThrow("too slowly");
  } finally {
    vi.useRealTimers();
  }
});
