/** Bulk cancel by API: what is asked for, what is told of it, and what is refused. How it is worked off: tests/worker/bulk-operations. */
import { beforeEach, expect, test } from "vitest";
import { workOffBulkOperations } from "../../lib/bulk-operations/tasks.ts";
import { newId } from "../../lib/ids.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";

forEachHost(["server", "mount"], (host) => {
  let org: TestOrganization;
  let engine: TestEngine;
  let key: TestKey;
  beforeEach(async () => {
    await sql("delete from bulk_operation");
    org = await createOrganization();
    engine = await createEngine(org);
    key = await createKey(org.live);
  });
  const call = (method: string, path: string, body?: unknown) => callApi(host, key.key, method, path, body);

  test("answers 202 with a handle that tells how far it is, until it is done", async () => {
    const runs = [await createRun(org.live, engine), await createRun(org.live, engine, { status: "RUNNING" })];
    const asked = await call("POST", "/runs/cancel", { filter: { engine: engine.slug } });
    expect(asked.status).toBe(202);
    expect(asked.body).toEqual({
      id: expect.any(String),
      kind: "cancel",
      status: "queued",
      environment: "live",
      filter: { engine: engine.slug },
      matched: null,
      processed: 0,
      succeeded: 0,
      skipped: 0,
      created_by: expect.stringContaining("…"),
      created_at: expect.any(String),
    });
    await workOffBulkOperations();
    const done = await call("GET", `/bulk-operations/${asked.body.id}`);
    expect(done.body).toMatchObject({ status: "completed", matched: 2, processed: 2, succeeded: 2, skipped: 0 });
    expect(Date.parse(done.body.ended_at)).toBeGreaterThanOrEqual(Date.parse(done.body.created_at));
    for (const id of runs) expect((await call("GET", `/runs/${id}`)).body).toMatchObject({ status: "CANCELED" });
    expectRefusal(await call("POST", `/bulk-operations/${asked.body.id}/stop`), 409, "conflict");
  });

  test("is listed newest first, page by page, in its own environment only", async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) ids.unshift((await call("POST", "/runs/cancel", { all: true })).body.id as string);
    const first = await call("GET", "/bulk-operations?limit=2");
    const second = await call("GET", `/bulk-operations?limit=2&cursor=${first.body.next_cursor}`);
    const listed = [...first.body.data, ...second.body.data] as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(ids);
    const dev = await createKey(await createEnvironment(org));
    expect((await callApi(host, dev.key, "GET", "/bulk-operations")).body.data).toEqual([]);
    expectRefusal(await callApi(host, dev.key, "GET", `/bulk-operations/${ids[0]}`), 404, "not_found");
    expectRefusal(await callApi(host, dev.key, "POST", `/bulk-operations/${ids[0]}/stop`), 404, "not_found");
    expectRefusal(await call("GET", `/bulk-operations/${newId()}`), 404, "not_found");
  });

  test("can be stopped before and while it is under way", async () => {
    const run = await createRun(org.live, engine);
    const { body } = await call("POST", "/runs/cancel", { all: true });
    expect((await call("POST", `/bulk-operations/${body.id}/stop`)).body).toMatchObject({ status: "stopped" });
    await workOffBulkOperations();
    expect((await call("GET", `/runs/${run}`)).body.status).toBe("PENDING");
  });

  test.each([
    [{}, ["filter"]],
    [{ filter: {} }, ["filter"]],
    [{ all: false }, ["all"]],
    [{ all: true, filter: { engine: "x" } }, ["all"]],
    [{ filter: { status: ["COMPLETED"] } }, ["filter.status.0"]],
    [{ filter: { status: [] } }, ["filter.status"]],
    [{ filter: { version: "latest" } }, ["filter.version"]],
    [{ filter: { tag: "no tag" } }, ["filter.tag"]],
    [{ filter: { run_ids: [] } }, ["filter.run_ids"]],
    [{ filter: { run_ids: ["0197"] } }, ["filter.run_ids.0"]],
    [{ filter: { run_ids: [newId()], engine: "x" } }, ["filter.run_ids"]],
    [{ filter: { created_after: "yesterday" } }, ["filter.created_after"]],
    [{ filter: { environment: "live" } }, ["filter", "filter.environment"]],
  ])("%j is refused by its field", async (body, paths) => {
    const answer = await call("POST", "/runs/cancel", body);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 400, code: "invalid_request" });
    expect(answer.body.details.map(({ path }: { path: string }) => path).toSorted()).toEqual(paths);
    expect(await sql("select from bulk_operation")).toEqual([]);
  });

  test("leaves one event with its filter, and one for its stop", async () => {
    const { body } = await call("POST", "/runs/cancel", { filter: { status: ["PENDING"], engine: engine.slug } });
    await call("POST", `/bulk-operations/${body.id}/stop`);
    const events = await sql<{ body: string }>("select body from audit_event where org_id = $1 order by seq", [org.id]);
    expect(events.map((event) => JSON.parse(event.body))).toMatchObject([
      {
        action: "run.bulk_cancel",
        target: { type: "bulk_operation", id: body.id },
        details: { environment: "live", status: ["PENDING"], engine: engine.slug },
      },
      { action: "bulk_operation.stop", target: { type: "bulk_operation", id: body.id } },
    ]);
  });
});
