/** Run as a process by postgres.test.ts: starts the embedded PostgreSQL on a folder, says where it is, and stays. */
import { startPostgres } from "../../lib/local/postgres.ts";

const [dataDir, orphanGraceMs] = process.argv.slice(2);
const server = await startPostgres({ dataDir: dataDir!, durable: false, orphanGraceMs: Number(orphanGraceMs) });
console.log(JSON.stringify({ pid: server.pid, url: server.url() }));
setInterval(() => {}, 1_000);
