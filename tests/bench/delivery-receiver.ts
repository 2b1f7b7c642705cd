/**
 * The receiver of benches: a process of its own that answers every POST at once, but leaves those to `/hang` open. Says its port first; asked
 * by any message, it says what has come since it was last asked.
 */
import { createServer } from "node:http";

export type ReceiverReport = {
  /** Requests that were answered. */
  count: number;
  /** Of each, from when its event says that it happened to when it had come, in milliseconds. Where requests say `x-nexio-event`. */
  latenciesMs: number[];
};

let report: ReceiverReport = { count: 0, latenciesMs: [] };
let measuresLatency = false;

const CREATED_AT = /"created_at":"([^"]+)"/;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url === "/hang") return;
    if (measuresLatency) {
      const createdAt = CREATED_AT.exec(Buffer.concat(chunks).toString("utf8"))?.[1];
      if (createdAt) report.latenciesMs.push(Date.now() - Date.parse(createdAt));
    }
    report.count++;
    response.setHeader("content-type", "application/json").end("{}");
  });
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as { port: number }).port }));

process.on("message", (message: { measuresLatency?: boolean }) => {
  measuresLatency = message.measuresLatency ?? measuresLatency;
  process.send?.(report);
  report = { count: 0, latenciesMs: [] };
});
process.on("disconnect", () => process.exit());
