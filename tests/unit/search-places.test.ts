/** Searches by value leave connections for everybody else. */
import { expect, test } from "vitest";
import { env } from "../../lib/env.ts";
import { withSearchPlace } from "../../lib/runs/search-places.ts";

test("one organization has two places, all of them a quarter of the connections, and what ends gives its place back", async () => {
  const most = Math.floor(env.DATABASE_POOL_SIZE / 4);
  const ends: (() => void)[] = [];
  const search = (org: string) => withSearchPlace(org, () => new Promise<void>((resolve) => ends.push(resolve)));
  const refused = { code: "rate_limited", retryAfterSeconds: 1 };

  const running = [search("a"), search("a")];
  await expect(search("a")).rejects.toMatchObject(refused);
  for (let n = running.length; n < most; n++) running.push(search(`other-${n}`));
  expect(ends).toHaveLength(most);
  await expect(search("newcomer")).rejects.toMatchObject(refused);

  for (const end of ends) end();
  await Promise.all(running);
  await expect(withSearchPlace("a", () => Promise.reject(new Error("went wrong")))).rejects.toThrow("went wrong");
  await expect(withSearchPlace("a", () => Promise.resolve("found"))).resolves.toBe("found");
});
