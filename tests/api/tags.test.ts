/** Tags: given at submission, kept on the run and beside it, and told wherever the run is. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { closeAcceptance } from "../../lib/hot-path/accept.ts";
import { closeReading } from "../../lib/hot-path/read.ts";
import { RunSchema } from "../../lib/runs/schema.ts";
import { getRun, listRuns } from "../../lib/runs/service.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { readText } from "../fixtures/run-text.ts";
import { createSender, type Sender } from "./accept-fixture.ts";

let sender: Sender;
beforeEach(async () => {
  sender = await createSender();
});
afterAll(async () => {
  await Promise.all([closeAcceptance(), closeReading()]);
});

const submit = (body: object, idempotencyKey?: string) =>
  sender.submit({ body: JSON.stringify(body), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });

const tagRows = () =>
  sql<{ tag: string; run_id: string; environment_id: string }>(
    "select tag, run_id, environment_id from run_tag where org_id = $1 order by tag, run_id",
    [sender.org.id],
  );

describe("tags", () => {
  test("are kept in their order, each once, and stand in every answer about the run; the input is untouched by them", async () => {
    const { runId } = await submit({ tags: ["b:2", "NULL", "b:2", "a/1"], input: { n: 1.5 } });
    const { live } = sender.org;
    const expected = ["b:2", "NULL", "a/1"];
    expect(RunSchema.parse(JSON.parse(await readText(sender.key.key, runId))).tags).toEqual(expected);
    expect(await getRun(live.scope, runId)).toMatchObject({ tags: expected, input: { n: 1.5 } });
    expect((await listRuns(live.scope, { limit: 5 })).data).toMatchObject([{ run_id: runId, tags: expected }]);
    expect(await tagRows()).toEqual(
      ["NULL", "a/1", "b:2"].map((tag) => ({ tag, run_id: runId, environment_id: live.id })),
    );
    const [payload] = await sql<{ body: string }>("select body from run_payload where run_id = $1", [runId]);
    expect(payload!.body).toBe('{"input":{"n":1.5}}');
  });

  test.each([{ input: 1 }, { input: 1, tags: [] }])("are absent where there are none: %j", async (body) => {
    const { runId } = await submit(body);
    expect(JSON.parse(await readText(sender.key.key, runId))).not.toHaveProperty("tags");
    expect(await getRun(sender.org.live.scope, runId)).not.toHaveProperty("tags");
    expect((await listRuns(sender.org.live.scope, { limit: 5 })).data[0]).not.toHaveProperty("tags");
    expect(await sql("select from run where id = $1 and tags is null", [runId])).toHaveLength(1);
    expect(await tagRows()).toEqual([]);
  });

  test("requests of one batch with and without tags and idempotency keys keep their own", async () => {
    const bodies = Array.from({ length: 60 }, (_, n) => ({
      input: n,
      ...(n % 3 === 0 ? { tags: [`n:${n}`, "all"] } : {}),
    }));
    const runs = await Promise.all(bodies.map((body, n) => submit(body, n % 2 === 0 ? `key ${n}` : undefined)));
    const rows = await sql<{ id: string; tags: string[] | null }>("select id, tags from run where org_id = $1", [
      sender.org.id,
    ]);
    const byId = new Map(rows.map((row) => [row.id, row.tags]));
    expect(runs.map(({ runId }) => byId.get(runId))).toEqual(bodies.map((body) => body.tags ?? null));
    expect(await tagRows()).toHaveLength(40);
  });

  test("belong to what an Idempotency-Key remembers: other tags are another request, and a repeat writes none again", async () => {
    const first = await submit({ input: 1, tags: ["a"] }, "k");
    expect(await submit({ input: 1, tags: ["a"] }, "k")).toEqual({ runId: first.runId, replayed: true });
    await expect(submit({ input: 1, tags: ["b"] }, "k")).rejects.toMatchObject({ code: "idempotency_key_reused" });
    expect(await tagRows()).toHaveLength(1);
  });

  test("go to the partition of the run's month", async () => {
    await submit({ input: 1, tags: ["a"] });
    const [row] = await sql<{ tag: string; run: string }>(
      `select (select tableoid::regclass::text from run_tag where org_id = $1) as tag,
        (select tableoid::regclass::text from run where org_id = $1) as run`,
      [sender.org.id],
    );
    expect(row!.run).toMatch(/^nexio_partitions\.run_\d{4}_\d\d$/);
    expect(row!.tag).toBe(row!.run.replace("run_", "run_tag_"));
  });

  test("are found newest first by the index alone", async () => {
    await sql(
      `insert into run_tag (org_id, environment_id, tag, run_id)
       select $1, $2, 'tag ' || n % 50, nexio_partitions.uuid7_floor(now() - n * interval '1 second') from generate_series(1, 20000) n`,
      [sender.org.id, sender.org.live.id],
    );
    await sql("analyze run_tag");
    const plan = await sql<{ "QUERY PLAN": string }>(
      `explain select run_id from run_tag where org_id = $1 and environment_id = $2 and tag = 'tag 7'
         and run_id < nexio_partitions.uuid7_floor(now()) order by run_id desc limit 26`,
      [sender.org.id, sender.org.live.id],
    );
    const text = plan.map((row) => row["QUERY PLAN"]).join("\n");
    expect(text).toContain("Index Only Scan Backward");
    expect(text).not.toContain("Sort  ");
  });
});

forEachHost(["server", "mount"], (host) => {
  test.each([
    ["a", "tags"],
    [null, "tags"],
    [{ 0: "a" }, "tags"],
    [Array.from({ length: 11 }, () => "same"), "tags"],
    [["fine", ""], "tags.1"],
    [["x".repeat(65)], "tags.0"],
    [["two words"], "tags.0"],
    [["a,b"], "tags.0"],
    [["ü"], "tags.0"],
    [["line\n"], "tags.0"],
    [["a", "b", 3], "tags.2"],
    [[["a"]], "tags.0"],
  ])("tags %j are refused at %s", async (tags, path) => {
    const call = (body: unknown) => callApi(host, sender.key.key, "POST", `/engines/${sender.engine.slug}/runs`, body);
    expectRefusal(await call({ input: 1, tags }), 400, "invalid_request", [path]);
    // as the exact look at the body sees it
    expectRefusal(
      await call(JSON.stringify({ input: 1, tags }).replace("input", "inp\\u0075t")),
      400,
      "invalid_request",
      [path],
    );
    expect(await sql("select from run where org_id = $1", [sender.org.id])).toEqual([]);
  });

  test("ten of sixty-four characters are accepted, and read back", async () => {
    const tags = Array.from({ length: 10 }, (_, n) => `${n}${"aZ9_.:/@=+-".repeat(6)}`.slice(0, 64));
    const submitted = await callApi(host, sender.key.key, "POST", `/engines/${sender.engine.slug}/runs`, {
      input: 1,
      tags,
    });
    expect(submitted.status).toBe(202);
    const run = await callApi(host, sender.key.key, "GET", `/runs/${submitted.body.run_id}`);
    expect(run.body.tags).toEqual(tags);
    const list = await callApi(host, sender.key.key, "GET", "/runs");
    expect(list.body.data[0].tags).toEqual(tags);
  });
});
