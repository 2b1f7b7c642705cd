/** What a success says of its endpoint is written with it: whoever dies when, nobody is disabled for what failed before it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import { createEnvironment, createOrganization, type TestEnvironment } from "../fixtures/factories.ts";
import { closeGate, passGateIf } from "../fixtures/gate.ts";
import { until } from "../fixtures/processes.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import { attempted, deliver, deliveryState, makeDue, receiver, stopAll } from "./delivery-harness.ts";

let dev: TestEnvironment;

beforeEach(async () => {
  dev = await createEnvironment(await createOrganization());
});
afterEach(async () => {
  await stopAll();
  await sql("drop trigger if exists wait_at_gate on webhook_endpoint; drop function if exists wait_at_gate()");
});

const isFailing = async ({ id }: { id: string }) =>
  (await sql("select from webhook_endpoint where id = $1 and failing_since is not null", [id])).length === 1;

test("a success is recorded together with that the endpoint does not fail any more, or not at all", async () => {
  let code = 500;
  const to = await receiver((_, response) => void response.writeHead(code).end());
  const endpoint = await createWebhook(dev, { url: to.url });
  const [failed] = await makeDue(dev, endpoint.id);
  const deliverer = deliver();
  await attempted(failed!);
  await until("it to fail", () => isFailing(endpoint));
  code = 200;
  await sql(`
    create function wait_at_gate() returns trigger language plpgsql as $$
      begin perform ${passGateIf("new.failing_since is null")}; return new; end $$;
    create trigger wait_at_gate before update on webhook_endpoint for each row execute function wait_at_gate()`);
  const gate = await closeGate();
  const [id] = await makeDue(dev, endpoint.id);
  try {
    deliverer.wake();
    await gate.reached();
    const nothing = [{ status: "PENDING", attempts: 0 }, true];
    expect([await deliveryState(id!), await isFailing(endpoint)]).toMatchObject(nothing);
    await gate.dismiss();
    expect([await deliveryState(id!), await isFailing(endpoint)]).toMatchObject(nothing);
  } finally {
    await gate.open();
  }
  expect(await attempted(id!)).toMatchObject({ status: "DELIVERED" });
  expect(await isFailing(endpoint)).toBe(false);
});

test("one that fails once more after a success has failed since then only", async () => {
  let code = 500;
  const to = await receiver((_, response) => void response.writeHead(code).end());
  const endpoint = await createWebhook(dev, { url: to.url });
  const deliverer = deliver();
  const sinceMs = async () => {
    await until("it to fail", () => isFailing(endpoint));
    const [row] = await sql<{ since: Date }>("select failing_since as since from webhook_endpoint where id = $1", [
      endpoint.id,
    ]);
    return row!.since.getTime();
  };
  const send = async (status: number) => {
    code = status;
    const [id] = await makeDue(dev, endpoint.id);
    deliverer.wake();
    return attempted(id!);
  };
  await send(500);
  const first = await sinceMs();
  await send(200);
  expect(await isFailing(endpoint)).toBe(false);
  await send(500);
  expect(await sinceMs()).toBeGreaterThan(first);
});
