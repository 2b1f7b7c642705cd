/** Lists of runs: everything that fits and nothing else, page by page, however many there are. The service, on a real database. */
import { beforeEach, describe, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { isApiError } from "../../lib/errors.ts";
import { idFloor, type RunFilter } from "../../lib/runs/filter-store.ts";
import { findRuns } from "../../lib/runs/list-store.ts";
import { ListRunsQuerySchema, RUN_STATUSES, RunPageSchema } from "../../lib/runs/schema.ts";
import { listRuns } from "../../lib/runs/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createRun,
  publishEngineVersion,
  sessionScope,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "fine";
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error.code;
  }
}

const list = async (scope: Parameters<typeof listRuns>[0], query: Record<string, unknown> = {}) =>
  RunPageSchema.parse(await listRuns(scope, ListRunsQuerySchema.parse(query)));
const idsOf = (page: { data: { run_id: string }[] }) => page.data.map((run) => run.run_id);

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

describe("lists", () => {
  let dev: TestEnvironment;
  let live: string[];
  let ofDev: string[];
  let second: TestEngine;

  beforeEach(async () => {
    dev = await createEnvironment(org);
    second = await createEngine(org);
    live = [];
    for (let n = 0; n < 7; n++)
      live.push(await createRun(org.live, n % 2 ? second : engine, { status: n < 3 ? "FAILED" : "COMPLETED" }));
    ofDev = [await createRun(dev, engine)];
    // Another organization's runs are in the same table.
    const other = await createOrganization();
    await createRun(other.live, await createEngine(other));
  });

  test("an environment's are its own, newest first; the organization's are all of them", async () => {
    expect(idsOf(await list(org.live.scope))).toEqual(live.toReversed());
    expect(idsOf(await list(dev.scope))).toEqual(ofDev);
    expect(idsOf(await list(org.scope))).toEqual([...ofDev, ...live.toReversed()]);
  });

  test("pages follow each other without a gap or a repetition, also while new runs come in", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await list(org.live.scope, { limit: "2", ...(cursor ? { cursor } : {}) });
      seen.push(...idsOf(page));
      cursor = page.next_cursor;
      await createRun(org.live, engine);
    } while (cursor);
    expect(seen).toEqual(live.toReversed());
  });

  test("exactly a page has no next one", async () => {
    expect((await list(org.live.scope, { limit: "7" })).next_cursor).toBeNull();
    expect((await list(org.live.scope, { limit: "6" })).next_cursor).not.toBeNull();
  });

  test("statuses, engines and versions narrow it", async () => {
    expect(idsOf(await list(org.live.scope, { status: "FAILED" }))).toEqual(live.slice(0, 3).toReversed());
    expect(idsOf(await list(org.live.scope, { status: "FAILED,COMPLETED", limit: "5" }))).toEqual(
      live.toReversed().slice(0, 5),
    );
    expect(idsOf(await list(org.live.scope, { status: "CANCELED" }))).toEqual([]);
    expect(idsOf(await list(org.live.scope, { engine: second.slug }))).toEqual(
      live.filter((_, n) => n % 2).toReversed(),
    );
    expect(idsOf(await list(org.live.scope, { engine: "nobody-s" }))).toEqual([]);
    const newer = await createRun(org.live, await publishEngineVersion(org, engine, { major: 1, minor: 4 }));
    expect(idsOf(await list(org.live.scope, { version: "1.4" }))).toEqual([newer]);
    expect(idsOf(await list(org.live.scope, { version: "1.x" }))).toEqual([newer, ...live.toReversed()]);
    expect(idsOf(await list(org.live.scope, { version: "2.x" }))).toEqual([]);
  });

  test("tags narrow it, alone and with everything else", async () => {
    const tag = async (ids: string[], environment: TestEnvironment, text: string) => {
      await sql("update run set tags = array_append(tags, $2) where id = any($1)", [ids, text]);
      await sql("insert into run_tag select $1, $2, $3, unnest($4::uuid[])", [org.id, environment.id, text, ids]);
    };
    await tag([live[1]!, live[2]!, live[5]!], org.live, "customer:42");
    await tag(ofDev, dev, "customer:42");
    await tag([live[2]!], org.live, "night");
    const waiting = await createRun(org.live, engine);
    await tag([waiting], org.live, "night");
    expect(idsOf(await list(org.live.scope, { tag: "customer:42" }))).toEqual([live[5], live[2], live[1]]);
    expect(idsOf(await list(org.scope, { tag: "customer:42" }))).toEqual([...ofDev, live[5], live[2], live[1]]);
    expect(idsOf(await list(org.live.scope, { tag: "customer:4" }))).toEqual([]);
    expect(idsOf(await list(org.live.scope, { tag: "customer:42", status: "FAILED" }))).toEqual([live[2], live[1]]);
    expect(idsOf(await list(org.live.scope, { tag: "customer:42", engine: second.slug }))).toEqual([live[5], live[1]]);
    expect(idsOf(await list(org.live.scope, { tag: "night", status: "PENDING,FAILED" }))).toEqual([waiting, live[2]]);
    const first = await list(org.live.scope, { tag: "customer:42", limit: "2" });
    const rest = await list(org.live.scope, { tag: "customer:42", limit: "2", cursor: first.next_cursor! });
    expect([...idsOf(first), ...idsOf(rest)]).toEqual([live[5], live[2], live[1]]);
    expect(rest.next_cursor).toBeNull();
    // The planner may choose otherwise where a tag is common and a status is not; what comes out is the same.
    await sql(
      `insert into run_tag select $1, $2, 'customer:42', uuidv7(make_interval(hours => -1)) from generate_series(1, 2000)`,
      [org.id, org.live.id],
    );
    expect(idsOf(await list(org.live.scope, { tag: "customer:42", status: "FAILED" }))).toEqual([live[2], live[1]]);
  });

  test("a run is found by its whole id, its beginning and its ends, in its environment and in all", async () => {
    const id = live[3]!;
    for (const text of [
      id,
      id.toUpperCase(),
      ` ${id} `,
      id.slice(0, 30),
      `${id.slice(0, 4)}…${id.slice(-4)}`,
      `${id.slice(0, 9)}...${id.slice(-12)}`,
    ]) {
      const found = idsOf(await list(org.live.scope, { id: text }));
      expect(found).toContain(id);
      expect(found.length).toBeLessThan(text.length < 10 ? live.length : 7);
      expect(idsOf(await list(org.scope, { id: text }))).toContain(id);
      expect(idsOf(await list(dev.scope, { id: text }))).not.toContain(id);
    }
    expect(idsOf(await list(org.live.scope, { id: id.slice(0, 4) }))).toEqual(live.toReversed());
    expect(idsOf(await list(org.live.scope, { id: `${id.slice(0, 4)}…${id.slice(-12)}`, status: "CANCELED" }))).toEqual(
      [],
    );
    for (const text of ["loan", "019", "0197-", "0197…a", "0197…a-f2", `${id}0`])
      expect(ListRunsQuerySchema.safeParse({ id: text }).success).toBe(false);
  });

  test("times narrow it by what the database says, however a program's clock stood", async () => {
    await sql("update run set created_at = now() - interval '2 seconds' where id = any($1)", [live.slice(0, 2)]);
    await sql("update run set created_at = now() + interval '2 seconds' where id = any($1)", [live.slice(2)]);
    const now = new Date().toISOString();
    expect(idsOf(await list(org.live.scope, { created_after: now }))).toEqual(live.slice(2).toReversed());
    expect(idsOf(await list(org.live.scope, { created_before: now }))).toEqual(live.slice(0, 2).toReversed());
  });

  test.each([
    [{ cursor: "abc" }, "cursor"],
    [{ cursor: "AAAA====" }, "cursor"],
    [{ cursor: "x".repeat(300) }, "cursor"],
  ])("%o is no cursor", async (query, path) => {
    const parsed = ListRunsQuerySchema.safeParse(query);
    if (!parsed.success) expect(parsed.error.issues[0]!.path).toEqual([path]);
    else await expect(listRuns(org.live.scope, parsed.data)).rejects.toMatchObject({ details: [{ path }] });
  });

  test("without the permission there is none", async () => {
    expect(await codeOf(list(sessionScope(org, "finance")))).toBe("forbidden");
  });

  test("every status is found in every environment, and a page of one goes on where the last ended", async () => {
    const statuses = ["PENDING", "RUNNING", "COMPLETED", "DEGRADED", "FAILED", "CANCELED"] as const;
    for (const status of statuses) {
      const made = [];
      for (const environment of [org.live, dev, org.live, dev])
        made.push(await createRun(environment, engine, { status }));
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list(org.scope, {
          status,
          limit: "3",
          ...(cursor ? { cursor } : {}),
        });
        expect(page.data.every((run) => run.status === status)).toBe(true);
        seen.push(...idsOf(page));
        cursor = page.next_cursor;
      } while (cursor);
      expect(seen.slice(0, 4)).toEqual(made.toReversed());
      expect(seen).toEqual(seen.toSorted().reverse());
      expect(idsOf(await list(dev.scope, { status })).slice(0, 2)).toEqual([made[3], made[1]]);
    }
    expect(idsOf(await list(org.scope, { status: "PENDING,CANCELED", limit: "100" }))).toHaveLength(8 + ofDev.length);
  });
});

test("no list goes through all runs to find a few, whatever is asked for", async () => {
  await sql(
    `insert into run (org_id, id, environment_id, engine_id, engine_version_id, status, created_at)
     select $1, uuidv7(make_interval(secs => -n)), $2, $3, $4, 'COMPLETED', now() - make_interval(secs => n)
     from generate_series(1, 50000) n`,
    [org.id, org.live.id, engine.id, engine.versionId],
  );
  // Some 6,000 have a tag, and one run another.
  await sql(
    `with tagged as (
       update run set tags = case when n = 7 then '{nightly,once}'::text[] else '{nightly}' end
       from (select id, row_number() over (order by id) as n from run where org_id = $1) numbered
       where run.org_id = $1 and run.id = numbered.id and n % 16 in (0, 7) returning run.*
     ) insert into run_tag (org_id, environment_id, tag, run_id)
       select org_id, environment_id, unnest(tags), id from tagged`,
    [org.id],
  );
  await sql("analyze run; analyze run_tag");
  const old = idFloor(Date.now() - 40_000_000);
  const unused = await createEngine(org);
  const filters: RunFilter[] = [{}, { beforeId: old }, { createdBeforeMs: Date.now() - 30_000_000 }];
  filters.push({ engineSlug: unused.slug }, { engineSlug: engine.slug, beforeId: old });
  for (const tag of ["nightly", "once", "never"]) {
    filters.push({ tag }, { tag, beforeId: old }, { tag, engineSlug: engine.slug }, { tag, statuses: ["FAILED"] });
  }
  for (const status of RUN_STATUSES) filters.push({ statuses: [status] }, { statuses: [status], beforeId: old });
  for (const scope of [org.live.scope, org.scope]) {
    for (const filter of filters) {
      // Asking whether a tag is common counts up to 2,000 of its rows.
      const limit = filter.tag && filter.statuses ? 5_000 : 1_500;
      expect([filter, (await rowsRead(() => findRuns(scope, filter, 26))) < limit]).toEqual([filter, true]);
    }
  }
});

/** Rows of run that a piece of work reads, by index or not, as the server counts them. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const client = await pool().connect();
  const query = pool().query.bind(pool());
  const counted = async () => {
    await client.query("select pg_stat_force_next_flush()");
    const { rows } = await client.query<{ read: string }>(
      `select sum(pg_stat_get_tuples_returned(i.oid) + pg_stat_get_tuples_fetched(i.oid)) as read from pg_class i
       where i.relkind in ('r', 'i') and i.relnamespace = 'nexio_partitions'::regnamespace`,
    );
    return Number(rows[0]!.read);
  };
  Object.assign(pool(), { query: client.query.bind(client) });
  try {
    const before = await counted();
    await work();
    return (await counted()) - before;
  } finally {
    Object.assign(pool(), { query });
    client.release();
  }
}
