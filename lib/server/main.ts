/**
 * The web process: portal, bearer API and health on one port. Started by the supervisor, or alone with NEXIO_ROLE=web.
 *
 * Ends on SIGTERM, SIGINT or when its supervisor goes away: it takes no new connections, finishes what is under way within ten seconds,
 * and writes down what it remembers.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { flushLastUsed } from "../api-keys/last-used-store.ts";
import { closeDatabase } from "../db.ts";
import { env } from "../env.ts";
import { closeAcceptance, openAcceptance } from "../hot-path/accept.ts";
import { closeReading, openReading } from "../hot-path/read.ts";
import { closeWaker } from "../wake.ts";
import { loggerFor } from "../logger.ts";
import { closeLiveFeeds } from "../runs/live-feed-service.ts";
import { consoleToLog } from "./console-lines.ts";
import { createHttpServer } from "./http-server.ts";
import { openPortal, type Portal } from "./portal.ts";

const DRAIN_WITHIN_MS = 10_000;

const log = loggerFor("web");

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(env.PORT, env.HOST, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  closeLiveFeeds();
  server.closeIdleConnections();
  // Connections that are kept alive become idle one by one.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_WITHIN_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

async function shutDown(server: Server, portal: Portal, reason: string): Promise<void> {
  log.info({ reason }, "shutting down");
  // Whatever hangs, the process ends.
  setTimeout(() => process.exit(1), DRAIN_WITHIN_MS + 3_000).unref();
  await drain(server);
  await Promise.allSettled([closeAcceptance(), closeReading(), closeWaker(), flushLastUsed()]);
  await Promise.allSettled([portal.close(), closeDatabase()]);
  process.exit(0);
}

async function main(): Promise<void> {
  if (env.NODE_ENV !== "development") consoleToLog();
  openAcceptance();
  openReading();
  const portal = openPortal();
  const server = createHttpServer(portal);
  const port = await listen(server);
  let ending = false;
  const end = (reason: string) => {
    if (ending) return;
    ending = true;
    void shutDown(server, portal, reason);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end(signal));
  process.on("disconnect", () => end("the supervisor is gone"));
  await portal.prepared;
  log.info({ host: env.HOST, port }, "listening");
  if (process.connected) process.send?.({ type: "nexio:ready", port });
}

await main();
