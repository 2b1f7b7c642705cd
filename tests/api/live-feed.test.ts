/** The live feed: whoever looks at an environment hears of what is new and what changed there, once, and of nothing else. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { environmentScope, type EnvironmentScope, type OrgScope } from "../../lib/auth/principal.ts";
import { closeLiveFeeds, watchRuns } from "../../lib/runs/live-feed-service.ts";
import { streamRuns } from "../../lib/runs/live-stream-service.ts";
import type { RunSummaryDto } from "../../lib/runs/schema.ts";
import { pool } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createRun,
  sessionScope,
  type TestEngine,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

const leaves: (() => void)[] = [];
afterEach(() => {
  for (const leave of leaves.splice(0)) leave();
});

async function watch(scope: OrgScope | EnvironmentScope) {
  const heard: string[] = [];
  const changed = (runs: RunSummaryDto[]) => heard.push(...runs.map((run) => `${run.run_id} ${run.status}`));
  const leave = await watchRuns(scope, { changed, closed: () => heard.push("closed") });
  leaves.push(leave);
  return { heard, leave };
}

const setStatus = (id: string, status: string) =>
  sql("update run set status = $2::run_status, started_at = coalesce(started_at, now()) where id = $1", [id, status]);

/** Counts the feed's polls by environment, until stopped. */
function countPolls() {
  const query = pool().query.bind(pool());
  const counts = new Map<unknown, number>();
  const counting = (config: { name?: string; values?: unknown[] }) => {
    const environmentId = config.name === "run-changes" ? config.values?.[4] : undefined;
    counts.set(environmentId, (counts.get(environmentId) ?? 0) + 1);
    return (query as (config: object) => unknown)(config);
  };
  Object.assign(pool(), { query: counting });
  return {
    of: (environmentId: string) => counts.get(environmentId) ?? 0,
    stop: () => Object.assign(pool(), { query }),
  };
}

describe("viewers", () => {
  test("hear of new runs and of every change, of their environment only", async () => {
    const dev = await createEnvironment(org);
    const old = await createRun(org.live, engine, { status: "RUNNING" });
    const ofLive = await watch(org.live.scope);
    const ofDev = await watch(dev.scope);
    const ofAll = await watch(org.scope);

    const fresh = await createRun(org.live, engine);
    await until("the new run", () => ofLive.heard.includes(`${fresh} PENDING`));
    await setStatus(old, "COMPLETED");
    await setStatus(fresh, "RUNNING");
    await until("both changes", () => ofLive.heard.length >= 3);
    await setStatus(fresh, "FAILED");
    await until("the end", () => ofLive.heard.includes(`${fresh} FAILED`));
    expect(ofLive.heard.toSorted()).toEqual(
      [`${fresh} PENDING`, `${old} COMPLETED`, `${fresh} RUNNING`, `${fresh} FAILED`].sort(),
    );
    // States that follow each other within one poll are told as one.
    const ends = [`${old} COMPLETED`, `${fresh} FAILED`];
    await until("the rollup to hear of both ends", () => ends.every((end) => ofAll.heard.includes(end)));
    expect(ofDev.heard).toEqual([]);
  });

  test("hear of a run whose id was minted four seconds before it was committed", async () => {
    const { heard } = await watch(org.live.scope);
    const newest = await createRun(org.live, engine);
    await until("the newest", () => heard.includes(`${newest} PENDING`));
    const late = newId(Date.now() - 4_000).replace(/^.{13}/, () => {
      const hex = (Date.now() - 4_000).toString(16).padStart(12, "0");
      return `${hex.slice(0, 8)}-${hex.slice(8)}`;
    });
    await sql(
      "insert into run (org_id, id, environment_id, engine_id, engine_version_id) values ($1, $2, $3, $4, $5)",
      [org.id, late, org.live.id, engine.id, engine.versionId],
    );
    await until("the late one", () => heard.includes(`${late} PENDING`));
  });

  test("of one feed see of a degraded run what their role may: a member no names and no texts", async () => {
    const heard = { developer: "", member: "" };
    for (const role of ["developer", "member"] as const) {
      const scope = environmentScope(sessionScope(org, role), { id: org.live.id, slug: "live", kind: "live" });
      const changed = (runs: RunSummaryDto[]) => void (heard[role] += JSON.stringify(runs));
      leaves.push(await watchRuns(scope, { changed, closed: () => {} }));
    }
    const id = await createRun(org.live, engine);
    const reason = "1 of 2 offerings could not be evaluated";
    await sql("update run set status = 'DEGRADED', degradation_reason = $2 where id = $1", [
      id,
      `${reason}: Gold (ssn 123-45-6789)`,
    ]);
    await until("both to hear", () => Object.values(heard).every((text) => text.includes('"DEGRADED"')));
    expect(heard.developer).toContain("Gold (ssn 123-45-6789)");
    expect(heard.member).toContain(`"degradation_reason":"${reason}"`);
    expect(heard.member).not.toMatch(/Gold|123-45/);
  });

  test("any number of them costs one poll, and none when nobody looks", async () => {
    const dev = await createEnvironment(org);
    const polls = countPolls();
    try {
      const viewers = await Promise.all(Array.from({ length: 50 }, () => watch(org.live.scope)));
      const run = await createRun(org.live, engine);
      await until("everybody to hear", () => viewers.every(({ heard }) => heard.includes(`${run} PENDING`)));
      // Each for itself would have polled once at least.
      expect(polls.of(org.live.id)).toBeLessThan(viewers.length);
      for (const { leave } of viewers) leave();
      const before = polls.of(org.live.id);
      await createRun(org.live, engine);
      // Another environment's polls are the clock.
      await watch(dev.scope);
      await until("some polls elsewhere", () => polls.of(dev.id) >= 4);
      expect(polls.of(org.live.id) - before).toBeLessThanOrEqual(1);
      expect(viewers[0]!.heard).toEqual([`${run} PENDING`]);
    } finally {
      polls.stop();
    }
  });

  test("are told when it is over", async () => {
    const { heard } = await watch(org.live.scope);
    closeLiveFeeds();
    expect(heard).toEqual(["closed"]);
  });

  test.each(["environment", "organization"] as const)(
    "hear nothing more of a deleted %s, and others go on",
    async (deleted) => {
      const dev = await createEnvironment(org);
      const ofDev = await watch(dev.scope);
      const other = await createOrganization();
      const ofOther = await watch(other.live.scope);
      await sql(`update ${deleted} set deleted_at = now() where id = $1`, [
        deleted === "environment" ? dev.id : org.id,
      ]);
      await until("the feed to end", () => ofDev.heard.includes("closed"));
      await createRun(dev, engine);
      const run = await createRun(other.live, await createEngine(other));
      await until("the others to hear", () => ofOther.heard.length > 0);
      expect(ofOther.heard).toEqual([`${run} PENDING`]);
      expect(ofDev.heard).toEqual(["closed"]);
    },
  );
});

async function openStream(signal: AbortSignal) {
  const response = await streamRuns(org.live.scope, new Request("http://x/api/runs/stream", { signal }));
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  return { response, reader };
}

async function readUntil(reader: ReadableStreamDefaultReader<string>, wanted: string): Promise<string> {
  let text = "";
  while (!text.includes(wanted)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended after:\n${text}`);
    text += value;
  }
  return text;
}

describe("the stream", () => {
  test("sends events that browsers understand, and ends with its client", async () => {
    const client = new AbortController();
    const { response, reader } = await openStream(client.signal);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const id = await createRun(org.live, engine);
    const text = await readUntil(reader, "\n\nevent: runs\ndata: ");
    const [, data] = /^data: (.*)$/m.exec(text) ?? [];
    expect(JSON.parse(data!)).toMatchObject([{ run_id: id, status: "PENDING", environment: "live" }]);
    client.abort();
    expect((await reader.read()).done).toBe(true);
  });

  test("ends when the server shuts down", async () => {
    const { reader } = await openStream(new AbortController().signal);
    await readUntil(reader, "retry:");
    closeLiveFeeds();
    expect((await reader.read()).done).toBe(true);
  });

  test("is refused without the right to see runs", async () => {
    await expect(streamRuns(sessionScope(org, "finance"), new Request("http://x/"))).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});
