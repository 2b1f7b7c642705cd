/** Web and worker are kept running, told what they are to be told, and stopped in order. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processIdentity } from "../../lib/local/process-identity.ts";
import { keepChild, type KeptChild } from "../../lib/server/supervisor-child.ts";
import { endLeftovers } from "../../lib/server/supervisor-leftovers.ts";
import { until } from "../fixtures/processes.ts";

let folder: string;
let child: KeptChild | undefined;
let messages: unknown[];
let ends: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nexio-child-"));
  messages = [];
  ends = [];
});

afterEach(async () => {
  await child?.stop(0);
  rmSync(folder, { recursive: true, force: true });
});

/** Keeps a process that runs this program text. */
function keep(program: string): KeptChild {
  const file = join(folder, "program.mjs");
  writeFileSync(file, program);
  child = keepChild({
    args: [file],
    cwd: folder,
    environment: { NEXIO_TEST_VALUE: "handed on" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    nice: 3,
    onMessage: (message) => messages.push(message),
    onStart: () => {},
    onUnexpectedEnd: (how) => ends.push(how),
  });
  return child;
}

const ECHO = `process.on("message", (m) => process.send({ heard: m })); process.send(process.env.NEXIO_TEST_VALUE);`;

test("it gets its environment and messages, and its messages are heard", async () => {
  keep(ECHO);
  await until("the child to speak", () => messages.includes("handed on"));
  child!.send({ type: "nexio:wake" });
  await until("the echo", () => messages.length === 2);
  expect(messages[1]).toEqual({ heard: { type: "nexio:wake" } });
});

test("killed or crashed, it is started again", async () => {
  keep(ECHO);
  for (let round = 1; round <= 2; round++) {
    await until("the child to speak", () => messages.length === round);
    process.kill(child!.pid()!, "SIGKILL");
    await until("its end", () => ends.length === round);
  }
  expect(ends).toEqual(["was ended by SIGKILL", "was ended by SIGKILL"]);
  await until("the child to speak again", () => messages.length === 3);
});

test("one that always fails is started at growing intervals", async () => {
  const startedAt = Date.now();
  keep("process.exit(3)");
  await until("four ends", () => ends.length === 4);
  // 100 + 200 + 400 ms lie between them
  expect(Date.now() - startedAt).toBeGreaterThan(700);
  expect(new Set(ends)).toEqual(new Set(["ended with exit code 3"]));
});

test("asked to stop, it may finish first, and is not started again", async () => {
  keep(
    `process.on("SIGTERM", () => setTimeout(() => { process.send("finished", () => process.exit(0)); }, 200)); process.send("up"); setInterval(() => {}, 1000);`,
  );
  await until("the child to speak", () => messages.length === 1);
  await child!.stop(60_000);
  expect(messages).toEqual(["up", "finished"]);
  expect(child!.pid()).toBeUndefined();
  expect(ends).toEqual([]);
});

test("one that does not finish in time is killed", async () => {
  keep(`process.on("SIGTERM", () => {}); process.send("up"); setInterval(() => {}, 1000);`);
  await until("the child to speak", () => messages.length === 1);
  const pid = child!.pid()!;
  await child!.stop(100);
  expect(processIdentity(pid)).toBeUndefined();
});

test("restarting replaces it without counting it as a failure", async () => {
  keep(`process.on("SIGTERM", () => process.exit(0)); process.send(process.pid); setInterval(() => {}, 1000);`);
  await until("the child to speak", () => messages.length === 1);
  child!.restart();
  await until("another one to speak", () => messages.length === 2);
  expect(messages[1]).not.toBe(messages[0]);
  expect(ends).toEqual([]);
});

test("what an earlier supervisor left behind is ended, and whoever has its number by now is not", async () => {
  keep(`process.send("up"); setInterval(() => {}, 1000);`);
  await until("the child to speak", () => messages.length === 1);
  const pid = child!.pid()!;
  const left = (identity: string) => ({ pid: 1, startedAt: "", children: [{ role: "web", pid, identity }] });
  await endLeftovers(left("another process of an earlier day"));
  expect(processIdentity(pid)).toBeDefined();
  await endLeftovers(left(processIdentity(pid)!));
  expect(processIdentity(pid)).toBeUndefined();
});
