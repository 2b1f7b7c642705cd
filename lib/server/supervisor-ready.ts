/** Asks the web process whether everything is ready. */
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Readiness } from "./health.ts";

const ASK_EVERY_MS = 50;
const TELL_EVERY_MS = 20_000;

/**
 * Resolves when /ready on this port says so; without a worker of ours (`ownWorker` false) the worker may be missing.
 * `say` hears every 20 s what is still missing. Rejects when `signal` is aborted.
 */
export async function untilReady(options: {
  host: string;
  port: number;
  ownWorker: boolean;
  say(line: string): void;
  signal: AbortSignal;
}): Promise<void> {
  let tellAt = Date.now() + TELL_EVERY_MS;
  for (;;) {
    const missing = await missingChecks(options.host, options.port);
    if (missing.every((name) => name === "worker" && !options.ownWorker)) return;
    if (Date.now() > tellAt) {
      options.say(`Still waiting for: ${missing.join(", ")}`);
      tellAt += TELL_EVERY_MS;
    }
    await delay(ASK_EVERY_MS, undefined, { signal: options.signal });
  }
}

async function missingChecks(host: string, port: number): Promise<string[]> {
  try {
    const { checks } = await askReady(host, port);
    return Object.entries(checks).flatMap(([name, state]) => (state === "ok" ? [] : [name]));
  } catch {
    return ["web"]; // nobody answers yet
  }
}

// An address that listens everywhere is asked on loopback.
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function askReady(host: string, port: number): Promise<Readiness> {
  return new Promise((resolve, reject) => {
    const request = get({ host: reachable(host), port, path: "/ready", timeout: 5_000, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => {
        try {
          resolve(JSON.parse(body) as Readiness);
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
  });
}
