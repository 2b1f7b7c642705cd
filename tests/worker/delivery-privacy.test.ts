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
import { attemptsOf, attempted, deliver, makeDue, receiver, stopAll } from "./delivery-harness.ts";

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

const TOKEN = 'token-of-"the"-receiver';
const NOISE = Buffer.from([0xff, 0x00, 0xfe, 0x80]);

test("a receiver that answers with what it was sent does not put the endpoint's token or secret into the attempt", async () => {
  let secret = "";
  const to = await receiver(({ headers }, response) => {
    response.setHeader("x-echo", [`seen ${headers.authorization}`, "b"]);
    const text = `${JSON.stringify(headers)} ${headers.authorization} ${secret}`;
    response.end(Buffer.concat([NOISE, Buffer.from(text), NOISE]));
  });
  const endpoint = await createWebhook(dev, { url: to.url, authToken: TOKEN });
  ({ secret } = endpoint);
  const [id] = await makeDue(dev, endpoint.id);
  deliver();
  await attempted(id!);
  const [attempt] = await attemptsOf(id!);
  expect(attempt!.response_headers!["x-echo"]).toEqual(["seen Bearer [redacted]", "b"]);
  const body = attempt!.response_body!;
  expect([body.subarray(0, 4), body.subarray(-4)]).toEqual([NOISE, NOISE]);
  const text = body.subarray(4, -4).toString();
  expect(text).toContain('"authorization":"Bearer [redacted]"');
  expect(text.endsWith(" Bearer [redacted] [redacted]")).toBe(true);
  expect(JSON.stringify(attempt) + body.toString("latin1")).not.toMatch(/token-of|whsec_/);
});

const MAX_BODY = 64 << 10;
test.each([1, 8, TOKEN.length - 1])(
  "nor the first %i characters of the token, where the answer is cut",
  async (shown) => {
    const to = await receiver(({ headers }, response) => {
      const token = headers.authorization!.slice("Bearer ".length);
      response.end("-".repeat(MAX_BODY - shown) + token + "-".repeat(100));
    });
    const endpoint = await createWebhook(dev, { url: to.url, authToken: TOKEN });
    const [id] = await makeDue(dev, endpoint.id);
    deliver();
    await attempted(id!);
    const [attempt] = await attemptsOf(id!);
    expect(attempt!.response_truncated).toBe(true);
    expect(attempt!.response_body!.toString()).toBe("-".repeat(MAX_BODY - shown));
  },
);

test("an answer that grows because a short token is in it stays within its limit", async () => {
  const to = await receiver((_, response) => void response.end("ab".repeat(MAX_BODY / 2)));
  const endpoint = await createWebhook(dev, { url: to.url, authToken: "a" });
  const [id] = await makeDue(dev, endpoint.id);
  deliver();
  await attempted(id!);
  const [attempt] = await attemptsOf(id!);
  expect(attempt!.response_truncated).toBe(true);
  expect(attempt!.response_body!.toString()).toBe("[redacted]b".repeat(MAX_BODY).slice(0, MAX_BODY));
});
