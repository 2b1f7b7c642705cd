/** The data folder admits one Nexio at a time, and forgets a dead one at once. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataFolderInUse, folderSecret, lockDataFolder } from "../../lib/local/data-folder.ts";
import { startProcess, until, type TestProcess } from "../fixtures/processes.ts";

let path: string;
let started: TestProcess[];

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "nexio-folder-")), "data");
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((holder) => holder.stop()));
  rmSync(join(path, ".."), { recursive: true, force: true });
});

async function hold({ waits = false } = {}): Promise<TestProcess> {
  const holder = await startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, "hold-folder.ts"), path, ...(waits ? ["waits"] : [])],
    env: { PATH: process.env.PATH },
  });
  started.push(holder);
  return holder;
}

const said = (holder: TestProcess) => until("the process to speak", () => holder.output() || undefined);
const saidInTheEnd = (holder: TestProcess) =>
  until("the process to have asked for the folder", () => /^ready\n(.+\n)$/s.exec(holder.output())?.[1]);

test("of eight starts at the same instant exactly one gets the folder, and the others name it", async () => {
  for (let round = 0; round < 3; round++) {
    const holders = await Promise.all(Array.from({ length: 8 }, () => hold({ waits: true })));
    await Promise.all(holders.map(said));
    for (const holder of holders) holder.kill("SIGUSR2");
    const answers = await Promise.all(holders.map(saidInTheEnd));
    const winners = holders.filter((_, index) => answers[index] === "mine\n");
    expect(winners).toHaveLength(1);
    const refusals = answers.filter((answer) => answer.startsWith("refused:"));
    expect(refusals).toHaveLength(7);
    for (const refusal of refusals) expect(refusal).toContain(`process ${winners[0]!.pid}`);
    await Promise.all(holders.map((holder) => holder.stop()));
  }
});

test("the refusal names the folder, the process and its address", async () => {
  const holder = await hold();
  expect(await said(holder)).toBe("mine\n");
  const attempt = lockDataFolder(path);
  await expect(attempt).rejects.toThrow(DataFolderInUse);
  await expect(attempt).rejects.toThrow(`${path} (process ${holder.pid}, at http://127.0.0.1:1)`);
});

test("a holder that is killed gives the folder back at once, and what it said of itself is handed on", async () => {
  const holder = await hold();
  expect(await said(holder)).toBe("mine\n");
  holder.kill("SIGKILL");
  await holder.exited;
  const folder = await lockDataFolder(path);
  expect(folder.leftBehind?.pid).toBe(holder.pid);
  folder.release();
});

test("a holder that says that it is stopping is waited for", async () => {
  const first = await lockDataFolder(path);
  first.describe({ pid: process.pid, startedAt: new Date().toISOString(), children: [], stopping: true });
  const notices: string[] = [];
  const second = lockDataFolder(path, (line) => notices.push(line));
  await until("the wait to be told", () => notices.length === 1);
  first.release();
  (await second).release();
  expect(notices).toEqual([expect.stringContaining(`process ${process.pid}`)]);
});

test("a holder that ends in order leaves nothing behind", async () => {
  const first = await lockDataFolder(path);
  first.describe({ pid: process.pid, startedAt: new Date().toISOString(), children: [] });
  first.release();
  const second = await lockDataFolder(path);
  expect(second.leftBehind).toBeUndefined();
  second.release();
});

test("a folder that cannot be written is refused with a message that names NEXIO_DATA_DIR", async () => {
  writeFileSync(path, "a file, not a folder");
  await expect(lockDataFolder(join(path, "data"))).rejects.toThrow("NEXIO_DATA_DIR");
});

test("a secret is made once, and only its user can read it", async () => {
  (await lockDataFolder(path)).release();
  const made = folderSecret(path, "a-secret");
  expect(Buffer.from(made, "base64url")).toHaveLength(32);
  expect(folderSecret(path, "a-secret")).toBe(made);
  expect(folderSecret(path, "another-secret")).not.toBe(made);
  expect(statSync(join(path, "a-secret")).mode & 0o777).toBe(0o600);
});
