/** Memory of everything that `npm start` runs: the sum of proportional set sizes, in which shared pages count once. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { signIn } from "../fixtures/sign-in.ts";
import { type BenchStack, emptyRuns, submitRequest } from "./bench-stack.ts";
import { load } from "./load.ts";
import { atMost, type Finding } from "./report.ts";

const LIMIT_MB = 450;
const PAGES = ["/runs", "/metrics", "/usage", "/webhooks", "/api-keys", "/engines"];
/** What five minutes may add, measured from the first minute on: caches that fill are no leak. */
const GROWTH_LIMIT_MB = 40;

function parentOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  } catch {
    return undefined; // ended meanwhile
  }
}

function descendants(root: number): string[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, parentOf(pid)]),
  );
  const found = [String(root)];
  for (let at = 0; at < found.length; at++) {
    for (const [pid, parent] of parents) if (parent === found[at]) found.push(pid);
  }
  return found;
}

function pssMb(stack: BenchStack): number {
  let kb = 0;
  for (const pid of descendants(stack.process().pid)) {
    try {
      kb += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // ended meanwhile
    }
  }
  return kb / 1024;
}

/** Idle, after every page was loaded, and through minutes of load. Linux only; elsewhere there is nothing to read. */
export async function memory(stack: BenchStack, minutes: number, say: (line: string) => void): Promise<Finding[]> {
  if (process.platform !== "linux") {
    say("memory: /proc is not here, nothing is measured");
    return [];
  }
  await delay(5_000);
  const idle = pssMb(stack);
  const cookie = await signIn(stack.url, "owner@acme.test");
  for (let round = 0; round < 3; round++) {
    for (const page of PAGES) await (await fetch(stack.url + page, { headers: { cookie } })).text();
  }
  await delay(2_000);
  const afterPages = pssMb(stack);
  say(`memory: idle ${idle.toFixed(0)} MB, after page loads ${afterPages.toFixed(0)} MB`);
  const findings = [
    atMost("memory, idle", idle, LIMIT_MB, "MB"),
    atMost("memory, after page loads", afterPages, LIMIT_MB, "MB"),
  ];
  if (minutes === 0) return findings;

  const samples: number[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const job = { host: "127.0.0.1", port: stack.port, connections: 32, durationMs: 60_000, expectStatus: 202 };
    await load({ ...job, requests: [submitRequest(stack)], rate: 1_000 });
    await emptyRuns(stack);
    samples.push(pssMb(stack));
    say(`memory: ${samples.at(-1)!.toFixed(0)} MB after ${minute} min of load`);
  }
  const growth = samples.at(-1)! - samples[0]!;
  return [...findings, atMost(`memory, growth over ${minutes} min of load`, growth, GROWTH_LIMIT_MB, "MB")];
}
