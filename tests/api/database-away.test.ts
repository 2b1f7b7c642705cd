/** The database goes away in the middle of a request: 503 with Retry-After, nothing half written, and the next request works. */
import { Client } from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql, testDatabase } from "../fixtures/database.ts";
import { createKey, createOrganization, type TestKey, type TestOrganization } from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { until } from "../fixtures/processes.ts";

const WAITING = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let live: TestKey;
  let blocker: Client;

  beforeEach(async () => {
    organization = await createOrganization();
    live = await createKey(organization.live);
    blocker = new Client({ connectionString: testDatabase().url });
    await blocker.connect();
  });
  afterEach(() => blocker.end());

  const create = () => callApi(host, live.key, "POST", "/environments", { slug: "dev" });

  it("within a transaction", async () => {
    await blocker.query("begin");
    await blocker.query("select 1 from organization where id = $1 for update", [organization.id]);
    const answer = create();
    await until("the creation to wait for the row", async () => (await sql(WAITING)).length > 0);
    await sql(`select pg_terminate_backend(pid) from (${WAITING}) as waiting`);
    const refused = await answer;
    expectRefusal(refused, 503, "unavailable");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);

    await blocker.query("rollback");
    expect(await sql("select 1 from environment where org_id = $1", [organization.id])).toHaveLength(1);
    expect((await create()).status).toBe(201);
  });

  it("while it looks for the key", async () => {
    await blocker.query("begin");
    await blocker.query("lock table api_key in access exclusive mode");
    const answer = create();
    await until("the look-up to wait for the table", async () => (await sql(WAITING)).length > 0);
    await sql(`select pg_terminate_backend(pid) from (${WAITING}) as waiting`);
    expectRefusal(await answer, 503, "unavailable");
    await blocker.query("rollback");
    expect((await create()).status).toBe(201);
  });
});
