/** What PostgreSQL refuses to store of an attempt: the delivery is settled all the same, with as much as can be stored. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import { createEnvironment, createOrganization, type TestEnvironment } from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import { attempted, attemptsOf, deliver, makeDue, receiver, stopAll } from "./delivery-harness.ts";

let dev: TestEnvironment;

beforeEach(async () => {
  dev = await createEnvironment(await createOrganization());
});
afterEach(async () => {
  await stopAll();
  await sql("alter table webhook_attempt drop constraint if exists refused");
});

const refuseUnless = (condition: string) =>
  sql(`alter table webhook_attempt add constraint refused check (${condition}) not valid`);

/** One delivery that is answered so; what is recorded of it. */
async function answered(code: number) {
  const to = await receiver((_, response) => void response.writeHead(code, { "x-of": "it" }).end("a body"));
  const [id] = await makeDue(dev, (await createWebhook(dev, { url: to.url })).id);
  const deliverer = deliver();
  const state = await attempted(id!);
  await until("nothing to wait for being recorded", async () => deliverer.stats().unrecorded === 0);
  expect(to.received).toHaveLength(1);
  return { state, attempts: await attemptsOf(id!) };
}

test("an answer that cannot be stored is left out", async () => {
  await refuseUnless("response_headers is null");
  const { state, attempts } = await answered(200);
  expect(state).toMatchObject({ status: "DELIVERED", attempts: 1, last_status_code: 200 });
  expect(attempts).toEqual([
    expect.objectContaining({ status_code: 200, error: null, response_headers: null, response_body: null }),
  ]);
  expect(attempts[0]!.request_headers).toHaveProperty("webhook-id");
});

test.each([
  [204, { status: "DELIVERED", last_error: null }, { error: null, error_message: null }],
  [
    500,
    { status: "PENDING", step: 1, last_error: "http_status" },
    { error: "http_status", error_message: "What came back cannot be stored" },
  ],
])(
  "where no text of the attempt can be stored, a %i is recorded by its status and its time",
  async (code, state, attempt) => {
    await refuseUnless("request_headers not like '%webhook-id%'");
    const recorded = await answered(code);
    expect(recorded.state).toMatchObject({ ...state, attempts: 1, last_status_code: code });
    expect(recorded.attempts).toEqual([
      expect.objectContaining({ ...attempt, status_code: code, request_headers: {}, response_headers: null }),
    ]);
    expect(recorded.attempts[0]!.duration_ms).toBeGreaterThanOrEqual(0);
  },
);
