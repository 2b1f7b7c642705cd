/** The queue of endpoints: runs end while workers take endpoints, send what is there and let them go, and none is left with something to send. */
import { beforeAll, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { transaction } from "../../lib/hot-path/claim.ts";
import { newId } from "../../lib/ids.ts";
import { letEndpointsGo, listDueEndpoints, takeEndpoints } from "../../lib/webhooks/ownership-store.ts";
import { endRun, type Held, holdRuns } from "../api/ended-runs.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  createWebhookEndpoint,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { seededRandom } from "../fixtures/random.ts";

const ROUNDS = 60;
const ENDERS = 3;
const ENDPOINTS = 2;

let org: TestOrganization;
let environment: TestEnvironment;
let engine: TestEngine;

beforeAll(async () => {
  org = await createOrganization();
  environment = await createEnvironment(org);
  engine = await createEngine(org);
  for (let n = 0; n < ENDPOINTS; n++) await createWebhookEndpoint(environment);
});

/** Takes what is due, "sends" it, and lets the endpoints go, as long as there is any or may come. */
async function work(mayCome: () => boolean): Promise<void> {
  const lease = { leaseId: newId(), leaseMs: 60_000 };
  for (;;) {
    const isLast = !mayCome();
    const due = (await listDueEndpoints(pool(), 100, 0)).get(org.id) ?? [];
    let owned = await takeEndpoints(pool(), org.id, due, lease, 0);
    while (owned.length > 0) {
      await sql(
        `update webhook_delivery set status = 'DELIVERED', next_attempt_at = null, attempts = attempts + 1
         where org_id = $1 and endpoint_id = any ($2) and next_attempt_at is not null`,
        [org.id, owned],
      );
      const gone = await transaction(pool(), (client) => letEndpointsGo(client, org.id, owned, lease.leaseId, 0));
      owned = owned.filter((id) => !gone.includes(id));
    }
    if (due.length === 0 && isLast) return;
  }
}

test("whatever overlaps, without a sweep", async () => {
  const random = seededRandom();
  for (let round = 1; round <= ROUNDS; round++) {
    const runs = await holdRuns(environment, engine, ENDERS);
    let ending = ENDERS;
    const end = async (run: Held) => {
      // at another moment of what the workers do
      for (let n = random.integer(0, 4); n > 0; n--) await sql("select 1");
      await endRun(run);
      ending--;
    };
    await Promise.all([...runs.map(end), work(() => ending > 0), work(() => ending > 0)]);
    const left = await sql(
      "select endpoint_id from webhook_delivery where org_id = $1 and next_attempt_at is not null",
      [org.id],
    );
    expect(left, `round ${round}`).toEqual([]);
  }
  expect(await sql("select from webhook_queue where org_id = $1", [org.id])).toEqual([]);
  const deliveries = await sql("select attempts, count(*)::int from webhook_delivery where org_id = $1 group by 1", [
    org.id,
  ]);
  expect(deliveries).toEqual([{ attempts: 1, count: ROUNDS * ENDERS * ENDPOINTS }]);
});
