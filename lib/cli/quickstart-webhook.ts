/**
 * Step 5 of the quickstart: a webhook of the environment gets its runs, signed with its own secret, and live's webhooks get none of them.
 * The receiver is opened here, on loopback, where the server runs on this machine; elsewhere the step needs a URL of the reader's own.
 */
import { SECOND_MS } from "../time.ts";
import { CommandFailure } from "./failure.ts";
import { expectStatus, send, show, shorten } from "./quickstart-calls.ts";
import { type EventReceiver, isVerified, openReceiver, type ReceivedEvent } from "./quickstart-receiver.ts";

const DELIVERY_DEADLINE_MS = 30 * SECOND_MS;
const POLL_MS = 50;
/** How long after the environment's delivery live is watched: many times what an event takes to be delivered where little is to be done. */
const ABSENCE_WATCHED_MS = 750;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const SHOWN_HEADERS = ["x-nexio-event", "x-nexio-delivery", "webhook-id", "webhook-timestamp", "x-nexio-signature"];

export type WebhookStep = {
  api: string;
  environment: string;
  /** A key of the environment, and one of live. */
  key: string;
  liveKey: string;
  /** `--webhook-url`: a receiver of the reader's own. */
  webhookUrl: string | undefined;
  /** Sends one more run and returns its id. */
  sendRun: () => Promise<string>;
};

type Webhook = { id: string; secret: string; authorization: Record<string, string> };
type Delivery = { id: string; run_id?: string; status: string; last_status_code?: number; last_error?: string };

/** What keeps a webhook from being made here, but nothing of the quickstart from going on. */
const LEFT_OUT = new Set(["url_not_allowed", "forbidden", "webhook_limit_reached"]);

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

function leaveOut(why: string): void {
  console.log(
    `${why}\nThis step is left out. To walk it, name a public https URL that you can watch: --webhook-url https://…\n`,
  );
}

/** Makes a webhook. Undefined where that is refused for a reason that is not the quickstart's. */
async function createWebhook(api: string, key: string, url: string): Promise<Webhook | undefined> {
  const authorization = bearer(key);
  const answer = await show({ method: "POST", url: `${api}/api/v1/webhooks`, headers: authorization, body: { url } });
  const { code, message } = (answer.json ?? {}) as { code?: string; message?: string };
  if (code !== undefined && LEFT_OUT.has(code)) {
    leaveOut(`The webhook cannot be made: ${message}.`);
    return undefined;
  }
  const { id, secret } = expectStatus(answer, 201, "creating the webhook");
  if (typeof id !== "string" || typeof secret !== "string") throw new CommandFailure("The answer has no secret");
  return { id, secret, authorization };
}

async function removeWebhook(api: string, { id, authorization }: Webhook): Promise<void> {
  const answer = await show({ method: "DELETE", url: `${api}/api/v1/webhooks/${id}`, headers: authorization });
  expectStatus(answer, 204, "deleting the webhook");
}

async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + DELIVERY_DEADLINE_MS; ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      throw new CommandFailure(`${what} within ${DELIVERY_DEADLINE_MS / SECOND_MS} s. Does a worker run?`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const deliveriesOf = (api: string, { id, authorization }: Webhook, query = "") => ({
  url: `${api}/api/v1/webhooks/${id}/deliveries${query}`,
  headers: authorization,
});

/** Waits until the run's event was taken. Throws CommandFailure with what the last attempt met. */
async function awaitDelivery(api: string, webhook: Webhook, runId: string): Promise<void> {
  const call = deliveriesOf(api, webhook, `?run_id=${runId}`);
  let last: Delivery | undefined;
  await until("The event was not delivered", async () => {
    const { data } = expectStatus(await send(call), 200, "listing deliveries") as { data: Delivery[] };
    last = data[0];
    if (last?.last_error !== undefined) {
      const met = last.last_status_code ?? last.last_error;
      throw new CommandFailure(`The receiver did not take the event (${met}); Nexio would try again for days`);
    }
    return last?.status === "DELIVERED" ? last : undefined;
  });
  expectStatus(await show(call), 200, "listing deliveries");
}

function showEvent({ path, headers, body }: ReceivedEvent): void {
  const lines = SHOWN_HEADERS.map((name) => `${name}: ${String(headers[name])}`);
  const { id, type, environment, data } = JSON.parse(body) as Record<string, unknown> & {
    data: { run: { run_id: string; status: string } };
  };
  const { run_id: runId, status } = data.run;
  const shown = { id, type, environment, data: { run: { run_id: runId, status, "…": "as GET /api/v1/runs/{id}" } } };
  console.log(shorten([`> POST ${path}`, ...lines, "", JSON.stringify(shown, null, 2)].join("\n")));
  console.log("");
}

const runIdOf = ({ body }: ReceivedEvent) =>
  (JSON.parse(body) as { data: { run?: { run_id: string } } }).data.run?.run_id;

/** What came must verify with the environment's secret and with no other. */
async function verifyReceived(receiver: EventReceiver, runId: string, dev: Webhook, live: Webhook): Promise<void> {
  const isOfRun = (event: ReceivedEvent) => runIdOf(event) === runId;
  const event = await until("The event did not come", () => receiver.received.find(isOfRun));
  showEvent(event);
  if (event.path !== "/dev") throw new CommandFailure("The event came to the webhook of live");
  if (!isVerified(event, dev.secret)) throw new CommandFailure("The signature is not that of the webhook's secret");
  if (isVerified(event, live.secret)) throw new CommandFailure("The secret of live verifies the event");
  console.log("Its signatures are verified with the webhook's secret; the secret of live does not verify them.\n");
}

/** Nothing of the run may have come to live's webhook, nor come a moment after the environment's delivery. */
async function verifyAbsence(api: string, receiver: EventReceiver, live: Webhook, runId: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ABSENCE_WATCHED_MS));
  const { data } = expectStatus(await show(deliveriesOf(api, live)), 200, "listing deliveries of live") as {
    data: Delivery[];
  };
  const came = receiver.received.filter(({ path }) => path === "/live").map(runIdOf);
  if (came.includes(runId) || data.some((delivery) => delivery.run_id === runId)) {
    throw new CommandFailure("A webhook of live got the event");
  }
}

async function walkHere({ api, key, liveKey, sendRun }: WebhookStep, receiver: EventReceiver): Promise<void> {
  const dev = await createWebhook(api, key, `${receiver.url}/dev`);
  if (!dev) return;
  try {
    const live = await createWebhook(api, liveKey, `${receiver.url}/live`);
    if (!live) return;
    try {
      console.log("Each secret is in that answer only: a receiver keeps its own.\n");
      const runId = await sendRun();
      await verifyReceived(receiver, runId, dev, live);
      await awaitDelivery(api, dev, runId);
      await verifyAbsence(api, receiver, live, runId);
    } finally {
      await removeWebhook(api, live);
    }
  } finally {
    await removeWebhook(api, dev);
  }
}

// Live gets no webhook to a receiver of the reader's own: it would be sent what really happens there.
async function walkThere({ api, key, sendRun }: WebhookStep, url: string): Promise<void> {
  const webhook = await createWebhook(api, key, url);
  if (!webhook) return;
  try {
    console.log(`Its secret is in that answer only: ${url} would keep it.\n`);
    await awaitDelivery(api, webhook, await sendRun());
  } finally {
    await removeWebhook(api, webhook);
  }
}

/**
 * Walks step 5. Goes on without it, and says why, where no receiver on this machine can be reached or the keys may not manage webhooks. Throws
 * CommandFailure where an event does not come, or comes where it must not.
 */
export async function tryWebhook(step: WebhookStep): Promise<void> {
  console.log(`5. Set up a webhook for ${step.environment}\n`);
  if (step.webhookUrl !== undefined) return walkThere(step, step.webhookUrl);
  if (!LOOPBACK.has(new URL(step.api).hostname)) {
    return leaveOut("The server is not on this machine: it cannot reach a receiver that is opened here.");
  }
  const receiver = await openReceiver();
  try {
    await walkHere(step, receiver);
  } finally {
    receiver.close();
  }
}
