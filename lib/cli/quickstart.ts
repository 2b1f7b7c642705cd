/**
 * `nexio quickstart`: cuts an environment, makes a key for it, sends a run and sees it there and nowhere else, and has a webhook told of one;
 * against the running server, with nothing but its public surfaces. May be repeated.
 */
import { apiUrl, env } from "../env.ts";
import { SECOND_MS } from "../time.ts";
import { serverUrl } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { type Answer, expectStatus, send, show } from "./quickstart-calls.ts";
import { signInLocally } from "./quickstart-sign-in.ts";
import { tryWebhook } from "./quickstart-webhook.ts";

const RUN_DEADLINE_MS = 60 * SECOND_MS;
const POLL_MS = 100;
const ENDED = new Set(["COMPLETED", "DEGRADED", "FAILED", "CANCELED"]);

type Target = { portal: string; api: string; environment: string; engine: string; webhookUrl: string | undefined };
type PortalKey = { id: string; key: string };

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const cookie = (session: string) => ({ Cookie: `wos-session=${session}` });

function heading(text: string): void {
  console.log(`${text}\n`);
}

/** Step 1. An environment that is there already is used as it is. */
async function createEnvironment({ api, environment }: Target, liveKey: string): Promise<void> {
  heading(`1. Create the environment ${environment}`);
  const answer = await show({
    method: "POST",
    url: `${api}/api/v1/environments`,
    headers: bearer(liveKey),
    body: { slug: environment },
  });
  if (answer.status !== 409 || (answer.json as { code?: string }).code !== "slug_taken") {
    expectStatus(answer, 201, "creating the environment");
    return;
  }
  const existing = await show({ url: `${api}/api/v1/environments/${environment}`, headers: bearer(liveKey) });
  if (existing.status === 404) {
    throw new CommandFailure(
      `The environment ${environment} was deleted, and slugs are never used again. Take another: nexio quickstart --environment ${environment.slice(0, 14)}_2`,
    );
  }
  expectStatus(existing, 200, "reading the environment");
  console.log(`The environment ${environment} is there already; it is used.\n`);
}

/** Step 2: in the portal with the session, or by the live key where there is no session. */
async function createKey(target: Target, session: string | undefined, liveKey: string): Promise<string> {
  const { portal, api, environment } = target;
  heading(`2. Create an API key for ${environment}`);
  const name = "Dev integration";
  const answer = await show(
    session === undefined
      ? {
          method: "POST",
          url: `${api}/api/v1/environments/${environment}/keys`,
          headers: bearer(liveKey),
          body: { name },
        }
      : {
          method: "POST",
          url: `${portal}/api/api-keys`,
          headers: cookie(session),
          body: { name, environment_slug: environment },
        },
  );
  const { key } = expectStatus(answer, 201, "creating the key");
  if (typeof key !== "string" || !key.startsWith(`nx_${environment}_`)) {
    throw new CommandFailure("The answer has no key of the environment");
  }
  return key;
}

/** Sends the engine's example. Returns the run's id. */
async function sendRun({ portal, api, engine }: Target, key: string): Promise<string> {
  const input = await send({ url: `${portal}/examples/${engine}.json` });
  expectStatus(input, 200, `the example input of ${engine}`);
  const answer = await show({
    method: "POST",
    url: `${api}/api/v1/engines/${engine}/runs`,
    headers: bearer(key),
    body: input.json,
    bodyLabel: `@${engine}.json`,
  });
  const { run_id: runId, status } = expectStatus(answer, 202, "sending the run");
  if (typeof runId !== "string" || status !== "PENDING")
    throw new CommandFailure("The answer has no run_id, or is not PENDING");
  return runId;
}

/** Step 4, first half: waits for the end of the run and shows it. */
async function verifyRun({ api, environment }: Target, key: string, runId: string): Promise<void> {
  heading(`4. Verify that the run landed in ${environment}`);
  const call = { url: `${api}/api/v1/runs/${runId}`, headers: bearer(key) };
  const deadline = Date.now() + RUN_DEADLINE_MS;
  for (;;) {
    const { status } = expectStatus(await send(call), 200, "reading the run");
    if (ENDED.has(String(status))) break;
    if (Date.now() > deadline)
      throw new CommandFailure(
        `The run is ${String(status)} after ${RUN_DEADLINE_MS / SECOND_MS} s. Does a worker run?`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const run = expectStatus(await show(call), 200, "reading the run");
  if (run.status !== "COMPLETED") throw new CommandFailure(`The run is ${String(run.status)}, not COMPLETED`);
  if (run.environment !== environment)
    throw new CommandFailure(`The run is in ${String(run.environment)}, not in ${environment}`);
  if (!isListed(await send(newestRuns(api, key)), runId)) {
    throw new CommandFailure(`The list of ${environment} does not show the run`);
  }
}

/** Step 4, second half: with the live key the run does not exist. */
async function verifyAbsence({ api, environment }: Target, liveKey: string, runId: string): Promise<void> {
  const foreign = await show({ url: `${api}/api/v1/runs/${runId}`, headers: bearer(liveKey) });
  expectStatus(foreign, 404, "reading the run with the live key");
  if (isListed(await show(newestRuns(api, liveKey)), runId)) {
    throw new CommandFailure(`Live shows the run of ${environment}`);
  }
}

const newestRuns = (api: string, key: string) => ({ url: `${api}/api/v1/runs?limit=100`, headers: bearer(key) });

function isListed(answer: Answer, runId: string): boolean {
  const { data } = expectStatus(answer, 200, "listing runs") as { data: { run_id: string }[] };
  return data.some((run) => run.run_id === runId);
}

async function walk(target: Target, session: string | undefined, liveKey: string): Promise<void> {
  await createEnvironment(target, liveKey);
  const key = await createKey(target, session, liveKey);
  heading("3. Send the first run");
  const runId = await sendRun(target, key);
  await verifyRun(target, key, runId);
  await verifyAbsence(target, liveKey, runId);
  const { api, environment, webhookUrl } = target;
  await tryWebhook({ api, environment, key, liveKey, webhookUrl, sendRun: () => sendRun(target, key) });
}

/** A live key for the walk, minted in the portal. */
async function mintLiveKey({ portal }: Target, session: string): Promise<PortalKey> {
  heading("Before you start: a live API key, made in the portal");
  const call = {
    method: "POST" as const,
    url: `${portal}/api/api-keys`,
    headers: cookie(session),
    body: { name: "Quickstart" },
  };
  const { id, key } = expectStatus(await show(call), 201, "creating a live key");
  return { id: String(id), key: String(key) };
}

/** Walks all steps. Throws CommandFailure at the first thing that is not as it should be. */
export async function quickstart(values: Record<string, string | undefined>): Promise<void> {
  const portal = serverUrl();
  const target: Target = {
    portal,
    api: env.API_URL === undefined ? portal : apiUrl(),
    environment: values.environment ?? "dev",
    engine: values.engine ?? "loan-placement",
    webhookUrl: values["webhook-url"],
  };
  const given = env.NEXIO_LIVE_KEY;
  // With a live key given and no session, everything goes by keys.
  const session =
    env.WOS_SESSION ??
    (given === undefined ? await signInLocally(portal, values.email ?? "owner@acme.test") : undefined);
  const minted = given === undefined ? await mintLiveKey(target, session!) : undefined;
  try {
    await walk(target, session, given ?? minted!.key);
  } finally {
    // Nobody has seen it, so nobody needs it.
    if (minted) await send({ method: "DELETE", url: `${portal}/api/api-keys/${minted.id}`, headers: cookie(session!) });
  }
  console.log(`COMPLETED in ${target.environment}; live shows none`);
}
