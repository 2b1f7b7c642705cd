/** Lists of deliveries: narrowed, paged, and bounded in what they look through however many there are. */
import { beforeEach, expect, it } from "vitest";
import { ListAllDeliveriesQuerySchema } from "../../lib/webhooks/deliveries-schema.ts";
import { listDeliveries } from "../../lib/webhooks/deliveries-service.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  type TestEnvironment,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { createDelivery, createWebhook } from "../fixtures/webhooks.ts";

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);

type Row = { id: string };

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let dev: TestEnvironment;
  let key: TestKey;
  let endpointId: string;

  beforeEach(async () => {
    organization = await createOrganization();
    dev = await createEnvironment(organization);
    key = await createKey(dev);
    endpointId = (await createWebhook(dev)).id;
  });

  const call = (method: string, path: string) => callApi(host, key.key, method, `/webhooks/${endpointId}${path}`);
  const idsOf = async (query: string) =>
    (await call("GET", `/deliveries?${query}`)).body.data.map(({ id }: Row) => id) as string[];

  it("is narrowed by status, type, run, event and time, newest first", async () => {
    const engine = await createEngine(organization);
    const runId = await createRun(dev, engine, { status: "COMPLETED" });
    const ids = {
      old: await createDelivery(dev, endpointId, { status: "FAILED", createdAt: hoursAgo(50) }),
      failed: await createDelivery(dev, endpointId, { status: "FAILED", type: "run.failed", createdAt: hoursAgo(5) }),
      done: await createDelivery(dev, endpointId, {
        status: "DELIVERED",
        type: "run.completed",
        runId,
        createdAt: hoursAgo(3),
      }),
      waiting: await createDelivery(dev, endpointId, { createdAt: hoursAgo(1) }),
    };
    const other = await createWebhook(dev);
    await createDelivery(dev, other.id);
    expect(await idsOf("")).toEqual([ids.waiting, ids.done, ids.failed, ids.old]);
    expect(await idsOf("status=FAILED")).toEqual([ids.failed, ids.old]);
    expect(await idsOf("status=PENDING,DELIVERED")).toEqual([ids.waiting, ids.done]);
    expect(await idsOf("status=PENDING,DELIVERED,FAILED,CANCELED")).toHaveLength(4);
    expect(await idsOf("event=run.failed,run.completed")).toEqual([ids.done, ids.failed]);
    expect(await idsOf(`run_id=${runId}`)).toEqual([ids.done]);
    expect(await idsOf(`created_after=${hoursAgo(4).toISOString()}`)).toEqual([ids.waiting, ids.done]);
    expect(
      await idsOf(
        `created_after=${hoursAgo(6).toISOString()}&created_before=${hoursAgo(2).toISOString()}&status=FAILED`,
      ),
    ).toEqual([ids.failed]);
    const { event_id: eventId } = (await call("GET", `/deliveries/${ids.done}`)).body;
    expect(await idsOf(`event_id=${eventId}`)).toEqual([ids.done]);
    expect(await idsOf(`event_id=${eventId}&status=FAILED`)).toEqual([]);
  });

  it("is paged", async () => {
    const ids: string[] = [];
    for (let n = 5; n > 0; n--) ids.unshift(await createDelivery(dev, endpointId, { createdAt: hoursAgo(n) }));
    const first = (await call("GET", "/deliveries?limit=2&status=PENDING")).body;
    expect(first.data.map(({ id }: Row) => id)).toEqual(ids.slice(0, 2));
    const second = (await call("GET", `/deliveries?limit=3&status=PENDING&cursor=${first.next_cursor}`)).body;
    expect(second.data.map(({ id }: Row) => id)).toEqual(ids.slice(2));
    expect(second.next_cursor).toBeNull();
  });

  /** So many deliveries that have arrived, one a second, the newest now; every 15,000th is a ping. */
  const createMany = (endpoint: string, count: number) =>
    sql(
      `insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, status, created_at)
       select $1, $2::uuid, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008' || left(md5($2::text || n), 15))::uuid, $3,
         gen_random_uuid(), case when n % 15000 = 0 then 'ping' else 'run.completed' end, 'DELIVERED', at
       from (select n, now() - n * interval '1 second' as at from generate_series(1, $4) n) made`,
      [organization.id, endpoint, dev.id, count],
    );

  /** The pings to all endpoints of the environment, page by page. */
  async function pagesOfPings(): Promise<string[][]> {
    const pages: string[][] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = ListAllDeliveriesQuerySchema.parse({ event: "ping", ...(cursor ? { cursor } : {}) });
      const { data, next_cursor } = await listDeliveries(dev.scope, query);
      pages.push(data.map(({ id }) => id));
      cursor = next_cursor;
    }
    return pages;
  }

  it("finds the few among very many, page by page", async () => {
    await createMany(endpointId, 45_000);
    const other = await createWebhook(dev);
    const oldest = await createDelivery(dev, other.id, { status: "DELIVERED", createdAt: hoursAgo(50) });
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const next: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { data, next_cursor } = (await call("GET", `/deliveries?event=ping&status=DELIVERED${next}`)).body;
      pages.push(data.map(({ id }: Row) => id));
      cursor = next_cursor;
    }
    expect(pages.map((page) => page.length)).toEqual([1, 1, 1]);
    expect(new Set(pages.flat()).size).toBe(3);
    // Of all endpoints together none is left out because another one has more to look through.
    expect((await pagesOfPings()).flat()).toEqual([...pages.flat(), oldest]);
  });

  it("looks through 20,000 of all endpoints together, about as far back into each", async () => {
    const ids = [endpointId, (await createWebhook(dev)).id, (await createWebhook(dev)).id];
    for (const id of ids) await createMany(id, 16_000);
    const pages = await pagesOfPings();
    // Each has its ping behind 15,000 others: 45,000 rows before it in all.
    expect(pages.map((page) => page.length)).toEqual([0, 0, 3]);
  });

  it("gives a full page without looking further", async () => {
    const other = await createWebhook(dev);
    for (const id of [endpointId, other.id]) await createMany(id, 300);
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = ListAllDeliveriesQuerySchema.parse({
        status: "DELIVERED",
        limit: "100",
        ...(cursor ? { cursor } : {}),
      });
      const { data, next_cursor } = await listDeliveries(dev.scope, query);
      expect(data).toHaveLength(100);
      seen.push(...data.map(({ id }) => id));
      cursor = next_cursor;
    }
    expect(seen).toHaveLength(600);
    expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
  });

  it.each([
    ["status=OPEN", "status.0"],
    ["event=run.started", "event.0"],
    ["run_id=7", "run_id"],
    ["event_id=7", "event_id"],
    ["created_after=yesterday", "created_after"],
    ["limit=101", "limit"],
    ["cursor=7", "cursor"],
    ["page=2", "page"],
  ])("refuses ?%s", async (query, path) => {
    expectRefusal(await call("GET", `/deliveries?${query}`), 400, "invalid_request", [path]);
  });
});
