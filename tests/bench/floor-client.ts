/** The floor without pgbench: connections that insert one run after another with one prepared statement each, as fast as they can. */
import { Client } from "pg";

type Job = { databaseUrl: string; statement: string; clients: number; seconds: number };

async function insertUntil(client: Client, text: string, endsAt: number): Promise<number> {
  let count = 0;
  for (; performance.now() < endsAt; count++) await client.query({ name: "floor", text });
  return count;
}

process.once("message", ({ databaseUrl, statement, clients, seconds }: Job) => {
  void (async () => {
    const connected = await Promise.all(
      Array.from({ length: clients }, async () => {
        const client = new Client({ connectionString: databaseUrl });
        await client.connect();
        return client;
      }),
    );
    const endsAt = performance.now() + seconds * 1_000;
    const counts = await Promise.all(connected.map((client) => insertUntil(client, statement, endsAt)));
    process.send?.(counts.reduce((sum, count) => sum + count, 0) / seconds);
    await Promise.all(connected.map((client) => client.end()));
    process.disconnect();
  })();
});
