/**
 * Hears on WAKE_CHANNEL that an environment has begun to have runs waiting, on a connection of its own. Only a hint:
 * workers look by themselves several times a second.
 */
import type { Logger } from "pino";
import { Client } from "pg";
import { env } from "../env.ts";
import { WAKE_CHANNEL } from "../wake.ts";
import { backoffMs } from "./backoff.ts";

export type WakeListener = { stop(): Promise<void> };

/** Listens until stopped; connects again whenever the connection is lost. */
export function startWakeListener(log: Logger, onWake: () => void, connectionString = env.DATABASE_URL): WakeListener {
  const stopped = new AbortController();
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  void connect();

  async function connect(): Promise<void> {
    const next = new Client({ connectionString, application_name: "nexio-worker-wake", keepAlive: true });
    client = next;
    next.on("notification", onWake);
    next.on("error", () => {}); // the end follows
    next.once("end", () => again());
    try {
      await next.connect();
      await next.query(`listen ${WAKE_CHANNEL}`);
      failures = 0;
      onWake(); // for what was missed
    } catch (error) {
      log.debug({ err: error }, "cannot listen for wake-ups now");
      void next.end().catch(() => {});
      again();
    }
  }

  function again(): void {
    if (stopped.signal.aborted || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      void connect();
    }, backoffMs(++failures));
  }

  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
