/** Step 5 of the quickstart against a server that does wrong: what the quickstart says it has seen, it has looked for. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tryWebhook } from "../../lib/cli/quickstart-webhook.ts";
import { deliveryHeaders } from "../../lib/webhooks/delivery-headers.ts";
import { newId } from "../../lib/ids.ts";
import { type Received, type Receiver, startReceiver } from "../fixtures/receiver.ts";

const RUN = newId();
/** Later than dev's delivery, as of a worker that has much to do. */
const LATE_MS = 300;

type Hook = { id: string; url: string; secret: string; delivered: boolean };
let hooks: Hook[];
let server: Receiver;

async function deliver(hook: Hook): Promise<void> {
  const data = { run: { run_id: RUN, status: "COMPLETED" } };
  const body = Buffer.from(JSON.stringify({ id: `evt_${RUN}`, type: "run.completed", environment: "dev", data }));
  const ids = { deliveryId: newId(), eventId: newId(), eventType: "run.completed" };
  const timestamp = Math.floor(Date.now() / 1_000);
  const headers = deliveryHeaders({ ...ids, body, secrets: [hook.secret], authToken: null, timestamp });
  await fetch(hook.url, { method: "POST", headers, body });
  hook.delivered = true;
}

function answer({ path, body }: Received): unknown {
  if (path === "/api/v1/webhooks") {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const hook = { id: newId(), url: (JSON.parse(body) as { url: string }).url, secret, delivered: false };
    hooks.push(hook);
    return hook;
  }
  const { delivered } = hooks.find(({ id }) => path.includes(id))!;
  return { data: delivered ? [{ id: newId(), run_id: RUN, status: "DELIVERED" }] : [] };
}

beforeEach(async () => {
  hooks = [];
  vi.spyOn(console, "log").mockImplementation(() => {});
  server = await startReceiver((received, response, request) => {
    if (request.method === "DELETE") return void response.writeHead(204).end();
    response.statusCode = request.method === "POST" ? 201 : 200;
    return answer(received);
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.stop();
});

/** Walks the step; the run's event goes to dev at once, and `toLive` is what live does with it. */
function walk(toLive: (live: Hook) => unknown): Promise<void> {
  const sendRun = async () => {
    const [dev, live] = hooks as [Hook, Hook];
    await deliver(dev);
    toLive(live);
    return RUN;
  };
  return tryWebhook({ api: server.url, environment: "dev", key: "k", liveKey: "l", webhookUrl: undefined, sendRun });
}

it("sees an event that comes to a webhook of live a moment after dev's", async () => {
  await expect(walk((live) => setTimeout(() => void deliver(live).catch(() => {}), LATE_MS))).rejects.toThrow(
    "A webhook of live got the event",
  );
});

it("is content where none comes", async () => {
  await walk(() => {});
  expect(server.received.filter(({ path }) => path.endsWith(`${hooks[1]!.id}/deliveries`))).toHaveLength(1);
});
