/** What the deliverer writes down must not carry what the endpoint keeps secret: its token, its secrets, and what stands in its URL. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import { deliver, makeDue, receiver, stopAll } from "./delivery-harness.ts";

let org: TestOrganization;
let dev: TestEnvironment;

beforeEach(async () => {
  org = await createOrganization();
  dev = await createEnvironment(org);
});
afterEach(stopAll);

const audited = () => sql<{ body: string }>("select body from audit_event where org_id = $1", [org.id]);

test("an endpoint that is disabled stands in the audit log by its host: path and query may be secrets", async () => {
  const to = await receiver((_, response) => void response.writeHead(410).end());
  const endpoint = await createWebhook(dev, { url: `${to.url}/hidden-path?key=hidden-key` });
  await makeDue(dev, endpoint.id);
  deliver();
  await until("it to be disabled", async () => (await audited()).length === 1);
  const [event] = await audited();
  expect(JSON.parse(event!.body)).toMatchObject({
    action: "webhook.disable",
    target: { type: "webhook", id: endpoint.id, label: `127.0.0.1:${to.port}` },
  });
  expect(event!.body).not.toContain("hidden");
});
