/** The first steps of a newcomer against the whole product: `nexio quickstart`, and the same portal calls by hand. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { productEnvironment } from "../fixtures/product-environment.ts";
import { startReceiver } from "../fixtures/receiver.ts";
import { signIn } from "../fixtures/sign-in.ts";
import { startStack, type TestStack } from "../fixtures/stack.ts";

const MAIN = join(import.meta.dirname, "../../lib/cli/main.ts");

let stack: TestStack;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

type Outcome = { exitCode: number; stdout: string; stderr: string };

function quickstart(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, "quickstart", ...args],
      { env: { ...productEnvironment({ PLATFORM_URL: stack.url, ...env }), NODE_ENV: "production" } },
      (error, stdout, stderr) => resolve({ exitCode: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const post = (path: string, headers: Record<string, string>, body: unknown) =>
  fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("nexio quickstart", () => {
  it("ends with the run in dev and nothing in live, prints each call, and no key or cookie", async () => {
    const { exitCode, stdout, stderr } = await quickstart();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("COMPLETED in dev; live shows none");
    for (const call of [
      "/api/v1/environments",
      "/api/api-keys",
      "/runs",
      "201 Created",
      "202 Accepted",
      "404 Not Found",
      "/api/v1/webhooks",
    ])
      expect(stdout).toContain(call);
    expect(stdout).not.toMatch(/nx_[a-z0-9_]+_[0-9a-f]{5}/);
    expect(stdout).not.toMatch(/wos-session=[^…]{20}/);
    expect(stdout).toMatch(/"secret": "whsec_.{4}…"/);
    expect(stdout).not.toMatch(/whsec_[A-Za-z0-9+/]{5}/);
  });

  it("has a webhook told of a run, verifies that with its secret, shows that live is told nothing, and takes it away", async () => {
    const { exitCode, stdout } = await quickstart(["--environment", "hooked"]);
    expect(exitCode).toBe(0);
    const step = stdout.slice(stdout.indexOf("5. Set up a webhook for hooked"));
    for (const text of [
      "POST /dev",
      "x-nexio-event: run.completed",
      "Its signatures are verified with the webhook's secret; the secret of live does not verify them.",
      '"status": "DELIVERED"',
      '"data": []',
      "204 No Content",
    ])
      expect(step).toContain(text);
    const cookie = await signIn(stack.url, "owner@acme.test");
    const left = await fetch(`${stack.url}/api/webhooks?environment=all`, { headers: { cookie } });
    expect(await left.json()).toMatchObject({ data: [] });
  });

  it("sends to a URL of one's own where one is named, and says what is wrong with one that is refused", async () => {
    const receiver = await startReceiver(() => ({}));
    try {
      const own = await quickstart(["--webhook-url", `${receiver.url}/own`]);
      expect(own).toMatchObject({ exitCode: 0, stderr: "" });
      expect(receiver.received.map(({ path, headers }) => [path, headers["x-nexio-event"]])).toEqual([
        ["/own", "run.completed"],
      ]);
    } finally {
      await receiver.stop();
    }
    const refused = await quickstart(["--webhook-url", "https://hooks.internal/"]);
    expect(refused.exitCode).toBe(0);
    expect(refused.stdout).toContain("This step is left out.");
    expect(refused.stdout.trimEnd().split("\n").at(-1)).toBe("COMPLETED in dev; live shows none");
  });

  it("fails where the receiver does not take the event, and takes the webhook away again", async () => {
    const receiver = await startReceiver((_, response) => void response.writeHead(503).end());
    try {
      const { exitCode, stderr, stdout } = await quickstart(["--webhook-url", receiver.url]);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/did not take the event \(503\)/);
      expect(stdout).toContain("204 No Content");
    } finally {
      await receiver.stop();
    }
  });

  it("goes on without a webhook where its key may not manage them", async () => {
    const cookie = await signIn(stack.url, "owner@globex.test");
    const scopes = ["runs:read", "runs:write", "environments:manage", "api_keys:manage"];
    const minted = (await (await post("/api/api-keys", { cookie }, { name: "few", scopes })).json()) as { key: string };
    const { exitCode, stdout } = await quickstart(["--environment", "few"], { NEXIO_LIVE_KEY: minted.key });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/webhooks:manage[^]*This step is left out/);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("COMPLETED in few; live shows none");
  });

  it("may be repeated, and leaves no live key of its own behind", async () => {
    const { exitCode, stdout } = await quickstart();
    expect(exitCode).toBe(0);
    expect(stdout).toContain("The environment dev is there already; it is used.");
    const cookie = await signIn(stack.url, "owner@acme.test");
    const keys = await fetch(`${stack.url}/api/api-keys?environment=all`, { headers: { cookie } }).then(
      (response) => response.json() as Promise<{ data: { name: string; status: string }[] }>,
    );
    const left = keys.data.filter(({ name, status }) => name === "Quickstart" && status !== "revoked");
    expect(left).toEqual([]);
  });

  it("works with a session cookie or a live key that is given, in an environment of another name", async () => {
    const cookie = await signIn(stack.url, "owner@globex.test");
    const session = /wos-session=([^;]+)/.exec(cookie)![1]!;
    expect(await quickstart(["--engine", "company-check"], { WOS_SESSION: session })).toMatchObject({ exitCode: 0 });
    const minted = (await (await post("/api/api-keys", { cookie }, { name: "given" })).json()) as { key: string };
    const { exitCode, stdout } = await quickstart(["--environment", "by_key"], { NEXIO_LIVE_KEY: minted.key });
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("/api/api-keys");
    expect(stdout).toContain("COMPLETED in by_key; live shows none");
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ["nobody listens", [], { PLATFORM_URL: "http://127.0.0.1:9" }, /cannot be reached/],
    ["the person may not make keys", ["--email", "developer@acme.test"], {}, /403.*api_keys:manage/],
    ["the key does not work", [], { NEXIO_LIVE_KEY: `nx_live_${"0".repeat(64)}` }, /401/],
    ["the slug is no slug", ["--environment", "Not-A-Slug"], {}, /400/],
    ["the engine does not exist", ["--engine", "no-such-engine"], {}, /no-such-engine/],
  ])("fails with exit code 1 and a reason when %s", async (_, args, env, reason) => {
    const { exitCode, stdout, stderr } = await quickstart(args, env);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stdout).not.toContain("COMPLETED in");
  });
});

describe("the portal's routes by hand", () => {
  let cookie: string;

  beforeAll(async () => {
    cookie = await signIn(stack.url, "owner@acme.test");
  });

  it("make a key with exactly id, keyPrefix and key", async () => {
    const response = await post("/api/api-keys", { cookie }, { name: "Dev integration", environment_slug: "dev" });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      id: expect.any(String),
      keyPrefix: expect.stringMatching(/^nx_dev_[0-9a-f]{4}$/),
      key: expect.stringMatching(/^nx_dev_[0-9a-f]{64}$/),
    });
  });

  it("rotate and revoke it, and every step is in the list", async () => {
    const { id } = (await (await post("/api/api-keys", { cookie }, { name: "ci" })).json()) as { id: string };
    const rotated = await post(`/api/api-keys/${id}/rotate`, { cookie }, { grace: "24h" });
    expect(rotated.status).toBe(201);
    const successor = (await rotated.json()) as { id: string };
    const removed = await fetch(`${stack.url}/api/api-keys/${successor.id}`, { method: "DELETE", headers: { cookie } });
    expect(removed.status).toBe(204);
    const list = await fetch(`${stack.url}/api/api-keys?limit=100`, { headers: { cookie } });
    const { data } = (await list.json()) as { data: { id: string; status: string }[] };
    const statusOf = (key: string) => data.find((row) => row.id === key)?.status;
    expect([statusOf(id), statusOf(successor.id)]).toEqual(["expiring", "revoked"]);
  });

  it("answer a wrong body with its field, and an unknown environment with 404", async () => {
    const refused = async (body: unknown) => {
      const response = await post("/api/api-keys", { cookie }, body);
      const { code, details } = (await response.json()) as { code: string; details?: { path: string }[] };
      return [response.status, code, details?.map(({ path }) => path)];
    };
    expect(await refused({})).toEqual([400, "invalid_request", ["name"]]);
    expect(await refused({ name: "x", environment: "dev" })).toEqual([400, "invalid_request", ["environment"]]);
    expect(await refused({ name: "x", environment_slug: "nope" })).toEqual([404, "not_found", undefined]);
    expect(await refused({ name: "x", environment_slug: "test" })).toEqual([404, "not_found", undefined]);
    const rotate = await post("/api/api-keys/nope/rotate", { cookie }, { grace: "never" });
    expect(rotate.status).toBe(404);
  });

  it("list the environments with their limit, live first", async () => {
    const response = await fetch(`${stack.url}/api/environments`, { headers: { cookie } });
    const body = (await response.json()) as { data: { slug: string }[] };
    expect(body).toMatchObject({ next_cursor: null, limit: 5, used: body.data.length - 1 });
    expect(body.data[0]).toMatchObject({ slug: "live", kind: "live" });
  });
});
