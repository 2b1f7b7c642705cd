/** The floor of deliveries: a process that posts bodies with undici, some at a time, over kept connections, and does nothing else. */
import { Pool } from "undici";

export type BareUndiciJob = { url: string; bodies: string[]; concurrency: number; seconds: number };

async function postUntil(pool: Pool, path: string, bodies: readonly string[], endsAt: number): Promise<number> {
  let count = 0;
  for (; performance.now() < endsAt; count++) {
    const headers = { "content-type": "application/json" };
    const { body } = await pool.request({ method: "POST", path, headers, body: bodies[count % bodies.length]! });
    await body.dump();
  }
  return count;
}

process.once("message", ({ url, bodies, concurrency, seconds }: BareUndiciJob) => {
  void (async () => {
    const { origin, pathname } = new URL(url);
    const pool = new Pool(origin, { connections: concurrency });
    const endsAt = performance.now() + seconds * 1_000;
    const lanes = Array.from({ length: concurrency }, () => postUntil(pool, pathname, bodies, endsAt));
    const counts = await Promise.all(lanes);
    process.send?.(counts.reduce((sum, count) => sum + count, 0) / seconds);
    await pool.close();
    process.disconnect();
  })();
});
