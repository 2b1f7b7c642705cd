/**
 * The worst moment to lose the database: a batch is committed, and its answer never arrives. Between program and PostgreSQL stands a
 * proxy that can let a statement through and swallow what comes back.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeEach, describe, expect, test } from "vitest";

let swallow = false;
let swallowed = 0;
/** What happens after an answer was swallowed and before the program notices. */
let meanwhile: () => Promise<unknown> = async () => {};

function pipe(client: Socket, url: URL): void {
  const folder = url.searchParams.get("host");
  const port = Number(url.port || 5432);
  const server = folder ? connect(`${folder}/.s.PGSQL.${port}`) : connect(port, url.hostname);
  const held: Buffer[] = [];
  const cut = () => {
    client.destroy();
    server.destroy();
  };
  client.on("data", (bytes) => server.write(bytes));
  server.on("data", (bytes) => {
    if (!swallow) return void client.write(bytes);
    held.push(bytes);
    // An answer is whole when it ends in ReadyForQuery: Z, length 5, and I outside a transaction, or T inside one, of which nothing is kept yet.
    const end = bytes.subarray(-6).toString("latin1");
    if (end === "Z\0\0\0\x05T") for (const part of held.splice(0)) client.write(part);
    if (end !== "Z\0\0\0\x05I") return;
    swallowed += 1;
    swallow = false;
    void meanwhile().finally(cut);
  });
  for (const socket of [client, server]) socket.on("error", cut).on("close", cut);
}

const original = process.env.DATABASE_URL!;
const proxy = createServer((client) => pipe(client, new URL(original)));
await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
const through = new URL(original);
through.hostname = "127.0.0.1";
through.port = String((proxy.address() as AddressInfo).port);
through.search = "";
// Read when the program's modules are loaded, which is now.
process.env.DATABASE_URL = through.href;
const { closeAcceptance } = await import("../../lib/hot-path/accept.ts");
const { createSender, runsOf, usageOf } = await import("./accept-fixture.ts");
const { setRunsPerMinute } = await import("../../lib/limits/service.ts");
const { sql } = await import("../fixtures/database.ts");
const { until } = await import("../fixtures/processes.ts");
// What observes goes straight to the database.
process.env.DATABASE_URL = original;

afterAll(async () => {
  await closeAcceptance();
  proxy.close();
});

let sender: Awaited<ReturnType<typeof createSender>>;
beforeEach(async () => {
  sender = await createSender();
  await sender.submit();
  // One that was cut has come back.
  await until("the connections of acceptance to be idle", async () => {
    const rows = await sql(`select state from pg_stat_activity
      where datname = current_database() and application_name like 'nexio-%-accept-%' and application_name not like '%-limited-%'`);
    return rows.length === 2 && rows.every(({ state }) => state === "idle");
  });
  // What they answered when they were made has passed the proxy too, so that the next answer is that of a batch.
  await Promise.all(Array.from({ length: 19 }, () => sender.submit()));
  swallowed = 0;
  meanwhile = async () => {};
});

describe.each([
  ["without idempotency keys", () => ({})],
  ["with idempotency keys", (n: number) => ({ idempotencyKey: `key ${n}` })],
  ["with tags", (n: number) => ({ body: `{"input":1,"tags":["all","n:${n}"]}` })],
])("%s", (_, parts) => {
  test("everybody gets the 202 of the run that stands, and it is counted once", async () => {
    swallow = true;
    const answers = await Promise.all(Array.from({ length: 30 }, (__, n) => sender.submit(parts(n))));
    expect(swallowed).toBe(1);
    expect(answers.every((answer) => !answer.replayed)).toBe(true);
    const runs = new Set((await runsOf(sender.org.id)).map(({ id }) => id));
    expect(runs.size).toBe(50);
    expect(answers.every((answer) => runs.has(answer.runId))).toBe(true);
    expect(await usageOf(sender.org.id)).toBe(50);
    expect(await sql("select 1 from run_payload where org_id = $1", [sender.org.id])).toHaveLength(50);
  });

  test("even where the key was revoked in the meantime: the run was accepted", async () => {
    swallow = true;
    meanwhile = () => sql("update api_key set revoked_at = now() where id = $1", [sender.key.id]);
    const { runId } = await sender.submit(parts(0));
    expect(swallowed).toBe(1);
    expect((await runsOf(sender.org.id)).map(({ id }) => id)).toContain(runId);
    expect(await usageOf(sender.org.id)).toBe(21);
  });
});

describe("within a limit of runs a minute", () => {
  test("everybody gets the 202 of the run that stands, and it counts once against the limit", async () => {
    await setRunsPerMinute(sender.org.scope, 1_000);
    const limited = "datname = current_database() and application_name like 'nexio-%-accept-limited-%'";
    await sender.submit();
    await until("both connections to be idle", async () => {
      const rows = await sql(`select from pg_stat_activity where ${limited} and state = 'idle'`);
      return rows.length === 2;
    });
    swallow = true;
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        sender.submit({ body: '{"input":1,"tags":["t"]}', idempotencyKey: `k ${n}` }),
      ),
    );
    expect(swallowed).toBe(1);
    expect(answers.every((answer) => !answer.replayed)).toBe(true);
    const runs = await runsOf(sender.org.id);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(51);
    expect(await usageOf(sender.org.id)).toBe(51);
    const [window] = await sql<{ accepted: number }>("select accepted from run_rate_window where org_id = $1", [
      sender.org.id,
    ]);
    expect(window!.accepted).toBe(31);
  });
});
