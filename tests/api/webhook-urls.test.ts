/** Which URLs a webhook may have: everything that could be a service of the operator's own network is refused when it is named. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { createKey, createOrganization, type TestKey } from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

const URL_OF_CUSTOMER = "https://hooks.example.com/nexio";

describe("where people reach the portal from elsewhere", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { PLATFORM_URL: "https://nexio.example.com" } });
  });
  afterAll(() => server?.stop());

  it.each([
    "http://hooks.example.com/",
    "http://127.0.0.1:4000/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://localhost/",
    "http://localhost:4000/",
  ])("refuses %s, which is for development only", async (url) => {
    const key = await createKey((await createOrganization()).live);
    const host = {
      name: "server" as const,
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init),
    };
    const post = (body: unknown) => callApi(host, key.key, "POST", "/webhooks", body);
    expectRefusal(await post({ url }), 400, "url_not_allowed", ["url"]);
    expect((await post({ url: URL_OF_CUSTOMER })).status).toBe(201);
  });
});

forEachHost(["mount", "server"], (host) => {
  let key: TestKey;
  beforeEach(async () => {
    key = await createKey((await createOrganization()).live);
  });

  const call = (method: string, path: string, body?: unknown) =>
    callApi(host, key.key, method, `/webhooks${path}`, body);
  const create = (url: string) => call("POST", "", { url });

  it.each([
    ["http:", "ftp://hooks.example.com/"],
    ["credentials", "https://user:password@hooks.example.com/"],
    ["a name alone as credentials", "https://user@hooks.example.com/"],
    ["a private address", "https://10.0.0.1/"],
    ["a metadata service", "https://169.254.169.254/latest/meta-data"],
    ["a shared range", "https://100.64.0.1/"],
    ["multicast", "https://224.0.0.1/"],
    ["a reserved range", "https://240.0.0.1/"],
    ["the unspecified address", "https://0.0.0.0/"],
    ["an address in decimal", "https://167772161/"],
    ["an address in hex", "https://0x0a000001/"],
    ["a short form", "https://10.1/"],
    ["a private IPv6 address", "https://[fd00::1]/"],
    ["a v4-mapped address", "https://[::ffff:10.0.0.1]/"],
    ["a NAT64 address", "https://[64:ff9b::10.0.0.1]/"],
    ["a 6to4 address", "https://[2002:a00:1::]/"],
    ["a single label", "https://hooks/"],
    [".internal", "https://hooks.internal/"],
    [".internal with the root's dot", "https://hooks.internal./"],
    [".local", "https://printer.local/"],
    [".localhost", "https://hooks.localhost/"],
    ["no URL", "hooks.example.com"],
    ["nothing", ""],
    ["white space around it", " https://hooks.example.com/ "],
    ["a line break", "https://hooks.example.com/a\nb"],
    ["a tab", "https://hooks.example.com/a\tb"],
    ["text that runs backwards", "https://hooks.example.com/\u202egpj.exe"],
    ["a space of no width", "https://hooks.example.com/\u200b"],
    ["too many characters when it is written out", `https://hooks.example.com/${"ü".repeat(700)}`],
  ])("refuses %s (%s)", async (_, url) => {
    expectRefusal(await create(url), 400, "url_not_allowed", ["url"]);
    const { body } = await create(URL_OF_CUSTOMER);
    expectRefusal(await call("PATCH", `/${body.id}`, { url }), 400, "url_not_allowed", ["url"]);
    expect((await call("GET", "")).body.data.map((row: { url: string }) => row.url)).toEqual([URL_OF_CUSTOMER]);
  });

  it.each([
    ["https:hooks.example.com", "https://hooks.example.com/"],
    ["https:\\\\hooks.example.com\\a", "https://hooks.example.com/a"],
    ["HTTPS://Hooks.Example.COM:443/a/../b?c=1#d", "https://hooks.example.com/b?c=1"],
    ["https://hooks.example.com/#", "https://hooks.example.com/"],
    ["https://bücher.example.com/ä", "https://xn--bcher-kva.example.com/%C3%A4"],
    ["https://134744072/", "https://8.8.8.8/"],
    ["https://hooks.example.com", "https://hooks.example.com"],
    ["https://hooks.example.com/a%2Fb?c=%20#", "https://hooks.example.com/a%2Fb?c=%20"],
  ])("stores and shows %s as it is called", async (typed, called) => {
    const { status, body } = await create(typed);
    expect({ status, url: body.url }).toEqual({ status: 201, url: called });
    const other = (await create(URL_OF_CUSTOMER)).body;
    expect((await call("PATCH", `/${other.id}`, { url: typed })).body.url).toBe(called);
    expect((await call("GET", "")).body.data.map((row: { url: string }) => row.url)).toEqual([called, called]);
  });

  it("takes a name that does not resolve, and a public address", async () => {
    for (const url of ["https://not-there-yet.example.com/", "https://8.8.8.8/", "https://[2606:4700::1111]/"])
      expect((await create(url)).status).toBe(201);
  });
});
