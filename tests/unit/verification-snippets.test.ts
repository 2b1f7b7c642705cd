/** The code that the portal gives to verify with: what runs on every machine that runs Nexio is run, and takes and refuses what it must. */
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LANGUAGE_NAMES, SNIPPET_LANGUAGES } from "../../components/webhooks/snippet-languages.ts";
import { PLAIN_SNIPPETS } from "../../components/webhooks/snippets-plain.ts";
import { STANDARD_SNIPPETS } from "../../components/webhooks/snippets-standard.ts";
import { newSigningSecret, signatureHeaders } from "../../lib/outbound/signature.ts";
import { freePort, startProcess, type TestProcess, until } from "../fixtures/processes.ts";

const SCHEMES = { standard: STANDARD_SNIPPETS, plain: PLAIN_SNIPPETS };
const [SECRET, OTHER] = [newSigningSecret(), newSigningSecret()];
const ID = "evt_01980c5e7a107b5e8f0a3c9d2e6f1a4b";
const BODY = JSON.stringify({ id: ID, type: "run.completed", data: { run: { output: { name: "Zoë ✓" } } } });
const now = () => Math.floor(Date.now() / 1_000);

it.each(Object.entries(SCHEMES))("there is one of each language with %s", (_, snippets) => {
  expect(Object.keys(snippets)).toEqual(SNIPPET_LANGUAGES);
  for (const language of SNIPPET_LANGUAGES) {
    const code = snippets[language];
    expect(code, LANGUAGE_NAMES[language]).toContain("WEBHOOK_SECRET");
    expect(code, "no secret of anybody's").not.toMatch(/whsec_[A-Za-z0-9+/]{8}/);
  }
});

describe.each(Object.entries(SCHEMES))("the receiver in Node, %s", (_, snippets) => {
  let receiver: TestProcess;
  let url: string;

  beforeEach(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/webhooks`;
    const folder = mkdtempSync(join(tmpdir(), "nexio-test-snippet-"));
    symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
    const code = snippets.node;
    writeFileSync(join(folder, "receiver.mjs"), code.replace("listen(8080)", `listen(${port}, "127.0.0.1")`));
    receiver = await startProcess({
      command: process.execPath,
      args: ["receiver.mjs"],
      cwd: folder,
      env: { WEBHOOK_SECRET: SECRET },
      removes: [folder],
    });
    await until("the receiver to listen", async () => (await fetch(url, { method: "POST" })).status === 401);
  });

  afterEach(() => receiver.stop());

  async function answerTo({ body = BODY, signed = BODY, timestamp = now(), secrets = [SECRET] }): Promise<number> {
    const headers = signatureHeaders({ id: ID, timestamp, body: signed }, secrets);
    return (await fetch(url, { method: "POST", headers, body })).status;
  }

  it("takes what is signed, also by a secret that is being replaced and a second time, and refuses everything else", async () => {
    expect(await answerTo({})).toBe(204);
    expect(await answerTo({})).toBe(204);
    expect(await answerTo({ secrets: [OTHER, SECRET] })).toBe(204);
    expect(await answerTo({ secrets: [OTHER] })).toBe(401);
    expect(await answerTo({ body: BODY.replace("Zoë", "Zoe") })).toBe(401);
    expect(await answerTo({ timestamp: now() - 660 })).toBe(401);
    const odd = { "x-nexio-signature": `t=${now()},v1`, "webhook-signature": "v1", "webhook-id": "" };
    expect((await fetch(url, { method: "POST", headers: odd, body: BODY })).status).toBe(401);
  });
});
