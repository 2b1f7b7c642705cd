/** Requests to addresses of customers' choosing, over real sockets and real DNS: what is reached, what is refused, what every failure is called. */
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createOutboundClient, type OutboundRequest } from "../../lib/outbound/client.ts";
import { makePolicy } from "../../lib/outbound/policy.ts";
import { createResolve } from "../../lib/outbound/resolve.ts";
import { CERTIFICATE } from "../fixtures/certificate.ts";
import { startDnsServer, type DnsServer, type Zone } from "../fixtures/dns-server.ts";
import { startReceiver, type Answer, type ReceiverOptions } from "../fixtures/receiver.ts";
import { REFUSED_ADDRESSES } from "./outbound-addresses.ts";

const development = makePolicy({ development: true });
const client = createOutboundClient({ policy: development });
let stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  stops = [];
});

async function receiver(answer: Answer, options?: ReceiverOptions) {
  const started = await startReceiver(answer, options);
  stops.push(() => started.stop());
  return started;
}

async function dns(zone: Zone): Promise<DnsServer> {
  const server = await startDnsServer(zone);
  stops.push(() => server.stop());
  return server;
}

/** A server that speaks no HTTP: `talk` has the socket. */
async function rawServer(talk: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    // Read, or the other end's leaving would not be noticed, and the server could not be stopped.
    socket.resume();
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const request = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url,
  headers: { "content-type": "application/json" },
  body: '{"n":1}',
  timeoutMs: 5_000,
  maxBodyBytes: 1_000,
  ...more,
});

describe("an answer", () => {
  it("comes with status, headers and body, whatever the status is", async () => {
    const service = await receiver((_, response) => void response.writeHead(418, { "x-thing": "a" }).end("short"));
    const result = await client.post(request(`${service.url}/path?q=1`));
    expect(result).toMatchObject({ kind: "answered", status: 418, truncated: false });
    expect(result.kind === "answered" && [result.body.toString(), result.headers["x-thing"]]).toEqual(["short", "a"]);
    expect(service.received[0]).toMatchObject({ path: "/path?q=1", body: '{"n":1}' });
  });

  it("that redirects is not followed", async () => {
    const target = await receiver(() => ({}));
    const service = await receiver((_, response) => void response.writeHead(307, { location: target.url }).end());
    expect(await client.post(request(service.url))).toMatchObject({ kind: "answered", status: 307 });
    expect(target.received).toEqual([]);
  });

  it("is read up to its limit, and no further", async () => {
    const service = await receiver((_, response) => {
      const write = () => void (response.destroyed ? undefined : response.write("x".repeat(65_536), write));
      write();
    });
    const result = await client.post(request(service.url));
    expect(result).toMatchObject({ kind: "answered", truncated: true });
    expect(result.kind === "answered" && result.body.length).toBe(1_000);
  });

  it("of tens of thousands of single bytes comes back whole, and cut where it is too long", async () => {
    const size = 40_000;
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => 97 + (at % 26)));
    const chunks = Array.from(bytes, (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join("");
    const answer = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
    const url = await rawServer((socket) => void socket.once("data", () => socket.write(answer)));
    for (const maxBodyBytes of [size + 1, size, size - 1, 16_384, 16_383, 1]) {
      const result = await client.post(request(url, { maxBodyBytes }));
      expect(result).toMatchObject({ kind: "answered", truncated: maxBodyBytes < size });
      expect(result.kind === "answered" && result.body.equals(bytes.subarray(0, maxBodyBytes))).toBe(true);
    }
  });

  it("is asked for on a connection of its own each time, past any proxy of the environment", async () => {
    const ports = new Set<number | undefined>();
    const service = await receiver((_, response, incoming) => {
      ports.add(incoming.socket.remotePort);
      response.end();
    });
    process.env.HTTP_PROXY = process.env.http_proxy = "http://127.0.0.1:9";
    try {
      for (let n = 0; n < 3; n++) expect(await client.post(request(service.url))).toMatchObject({ kind: "answered" });
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.http_proxy;
    }
    expect(ports.size).toBe(3);
  });
});

/** A client for which names are what the zone says. */
async function everywhere(zone: Zone, policy = development) {
  const server = await dns(zone);
  return { server, client: createOutboundClient({ policy, resolve: createResolve([server.address]) }) };
}

describe("names", () => {
  it.each(Object.entries(REFUSED_ADDRESSES))("one that resolves to %s is not called", async (_, address) => {
    const { client: guarded, server } = await everywhere(() => [address], makePolicy());
    const result = await guarded.post(request("https://api.example.test/"));
    expect(result).toMatchObject({ kind: "failed", reason: "url_not_allowed" });
    expect(server.asked).toContain("api.example.test");
    expect(JSON.stringify(result)).not.toContain(address);
  });

  it("one with good and bad addresses is called at a good one", async () => {
    const service = await receiver(() => ({}));
    const { client: guarded } = await everywhere(() => ["10.0.0.1", "169.254.169.254", "127.0.0.1", "fd00::1"]);
    const result = await guarded.post(request(`http://api.example.test:${service.port}/`));
    expect(result).toMatchObject({ kind: "answered", status: 200 });
    expect(service.received[0]!.headers.host).toBe(`api.example.test:${service.port}`);
  });

  it("one that changes between requests is looked up and checked for each, once", async () => {
    const service = await receiver(() => ({}));
    const { client: guarded, server } = await everywhere((_, nth) => (nth === 0 ? ["127.0.0.1"] : ["10.0.0.1"]));
    const url = `http://api.example.test:${service.port}/`;
    expect(await guarded.post(request(url))).toMatchObject({ kind: "answered" });
    // One question for each kind of address: nothing is asked again between the check and the connection.
    expect(server.asked).toHaveLength(2);
    expect(await guarded.post(request(url))).toMatchObject({ kind: "failed", reason: "url_not_allowed" });
    expect(service.received).toHaveLength(1);
  });

  it("one that does not exist is unreachable, and so is one whose server is silent", async () => {
    const { client: guarded } = await everywhere((name) => (name.startsWith("silent") ? "silent" : undefined));
    const gone = await guarded.post(request("https://gone.example.test/"));
    expect(gone).toMatchObject({ kind: "failed", reason: "unreachable", message: expect.stringContaining("resolve") });
    const silent = await guarded.post(request("https://silent.example.test/", { timeoutMs: 300 }));
    expect(silent).toMatchObject({ kind: "failed", reason: "timeout" });
  });

  it("localhost is this machine in development", async () => {
    const service = await receiver(() => ({}));
    expect(await client.post(request(`http://localhost:${service.port}/`))).toMatchObject({ kind: "answered" });
  });
});

describe("in production", () => {
  it.each(["http://93.184.216.34/", "https://127.0.0.1/", "https://[::ffff:127.0.0.1]/", "https://localhost/"])(
    "%s is not called",
    async (url) => {
      const strict = createOutboundClient({ policy: makePolicy() });
      expect(await strict.post(request(url))).toMatchObject({ kind: "failed", reason: "url_not_allowed" });
    },
  );

  it("an allowed range is reached, and a certificate that nobody vouches for is refused", async () => {
    let connections = 0;
    const service = await receiver(() => ({}), { tls: CERTIFICATE });
    const server = await dns(() => ["127.0.0.1"]);
    const allowing = createOutboundClient({
      policy: makePolicy({ cidrs: "127.0.0.0/8" }),
      resolve: async (...asked) => {
        connections++;
        return createResolve([server.address])(...asked);
      },
    });
    const result = await allowing.post(request(`https://api.example.test:${service.port}/`));
    expect(result).toEqual({
      kind: "failed",
      reason: "unreachable",
      message: "No secure connection could be made (DEPTH_ZERO_SELF_SIGNED_CERT)",
    });
    expect(connections).toBe(1);
    expect(service.received).toEqual([]);
  });
});

const post = (url: string, more?: Partial<OutboundRequest>) => client.post(request(url, more));

describe("what goes wrong has a name", () => {
  it("nobody listens", async () => {
    const service = await receiver(() => ({}));
    await service.stop();
    expect(await post(service.url)).toMatchObject({ reason: "unreachable", message: "The connection was refused" });
  });
  it("the connection is reset, before and within the answer", async () => {
    const early = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await post(early)).toMatchObject({ reason: "unreachable", message: expect.stringContaining("closed") });
    const late = await rawServer((socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", () => socket.end());
      }),
    );
    expect(await post(late)).toMatchObject({ reason: "unreachable", message: expect.stringContaining("closed") });
  });
  it("headers, or the body, take too long", async () => {
    const slowHeaders = await rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\n"));
    expect(await post(slowHeaders, { timeoutMs: 200 })).toMatchObject({ reason: "timeout" });
    const slowBody = await receiver((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(drip));
    });
    expect(await post(slowBody.url, { timeoutMs: 200 })).toMatchObject({ reason: "timeout" });
  });
  it("the answer is not HTTP, or its headers have no end", async () => {
    const noise = await rawServer((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9\r\n\r\n")));
    expect(await post(noise)).toMatchObject({ reason: "invalid_answer" });
    const endless = await rawServer((socket) =>
      socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`)),
    );
    expect(await post(endless)).toMatchObject({ reason: "invalid_answer" });
  });
  it.each([
    [
      "asks to go on",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
      "100 or 101",
    ],
    [
      "switches protocols",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "100 or 101",
    ],
    ["switches to nothing", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "100 or 101"],
    ["has two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "not proper HTTP"],
    [
      "has a length and chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "not proper HTTP",
    ],
  ])("the answer %s", async (_, text, words) => {
    for (const keepAlive of [false, true]) {
      let requests = 0;
      const url = await rawServer((socket) =>
        socket.on(
          "data",
          () => void socket.write(requests++ === 0 && keepAlive ? "HTTP/1.1 204 No Content\r\n\r\n" : text),
        ),
      );
      const client = createOutboundClient({ policy: development, keepAlive });
      if (keepAlive) expect(await client.post(request(url))).toMatchObject({ status: 204 });
      const result = await client.post(request(url));
      expect(result).toMatchObject({ reason: "invalid_answer", message: expect.stringContaining(words) });
      // What was answered, however, is not sent again as on a connection that has been closed.
      expect(requests).toBe(keepAlive ? 2 : 1);
      client.close();
    }
  });
  it("the body ends too soon, where the end of the connection is its end", async () => {
    const text = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\n\r\nhalf";
    const url = await rawServer((socket) => socket.once("data", () => socket.end(text)));
    expect(await post(url)).toMatchObject({ reason: "unreachable", message: expect.stringContaining("closed") });
  });
  it("the caller gives up, and the connection is closed", async () => {
    const service = await receiver(() => undefined);
    const given = new AbortController();
    const result = post(service.url, { signal: given.signal });
    while (service.open() === 0) await new Promise(setImmediate);
    given.abort();
    expect(await result).toMatchObject({ reason: "aborted" });
    while (service.open() > 0) await new Promise(setImmediate);
  });
});

/** A client that keeps connections and follows the zone; and the ports from which the service was called. */
async function keeping(zone: Zone = () => ["127.0.0.1"], answer: Answer = () => ({})) {
  const server = await dns(zone);
  const ports: (number | undefined)[] = [];
  const service = await receiver((received, response, incoming) => {
    ports.push(incoming.socket.remotePort);
    return answer(received, response, incoming);
  });
  const kept = createOutboundClient({
    policy: development,
    resolve: createResolve([server.address]),
    keepAlive: true,
  });
  stops.push(async () => kept.close());
  return { server, service, ports, client: kept, url: `http://api.example.test:${service.port}/` };
}

describe("kept connections", () => {
  it("are used again, one request at a time, without another look-up", async () => {
    const { client: kept, url, ports, server } = await keeping();
    for (let n = 0; n < 5; n++) expect(await kept.post(request(url))).toMatchObject({ kind: "answered", status: 200 });
    expect(new Set(ports).size).toBe(1);
    expect(server.asked).toHaveLength(2);
    await Promise.all([1, 2, 3].map(() => kept.post(request(url))));
    expect(new Set(ports).size).toBe(3);
  });

  it("are checked whenever one is made: a name that has become a bad address is not called on a new one", async () => {
    let addresses = ["127.0.0.1"];
    const {
      client: kept,
      url,
      service,
    } = await keeping(
      () => addresses,
      (_, response) => void response.setHeader("connection", "close").end(),
    );
    expect(await kept.post(request(url))).toMatchObject({ kind: "answered" });
    addresses = ["10.0.0.1"];
    expect(await kept.post(request(url))).toMatchObject({ kind: "failed", reason: "url_not_allowed" });
    expect(service.received).toHaveLength(1);
  });

  it.each(Object.entries(REFUSED_ADDRESSES))("are not made to %s", async (_, address) => {
    const server = await dns(() => [address]);
    const resolve = createResolve([server.address]);
    const guarded = createOutboundClient({ policy: makePolicy(), resolve, keepAlive: true });
    const result = await guarded.post(request("https://api.example.test/"));
    expect(result).toMatchObject({ kind: "failed", reason: "url_not_allowed" });
  });

  it("that the other end has closed cost nothing: the request goes on a new one", async () => {
    const sockets: Socket[] = [];
    const {
      client: kept,
      url,
      service,
    } = await keeping(undefined, (_, response, incoming) => {
      sockets.push(incoming.socket);
      // The second one is lost with the connection, before it is answered.
      if (sockets.length === 2) incoming.socket.resetAndDestroy();
      else response.end();
    });
    for (let n = 0; n < 2; n++) expect(await kept.post(request(url))).toMatchObject({ kind: "answered", status: 200 });
    expect(service.received).toHaveLength(3);
    expect(new Set(sockets).size).toBe(2);
  });

  it("that fail when they are new are a failure, and nothing is sent twice", async () => {
    const { client: kept, url, service } = await keeping(undefined, (_, response) => void response.destroy());
    expect(await kept.post(request(url))).toMatchObject({ reason: "unreachable" });
    expect(service.received).toHaveLength(1);
  });

  it("are not kept after a timeout, or an answer that was not read to its end", async () => {
    let answers = 0;
    const {
      client: kept,
      url,
      ports,
    } = await keeping(undefined, (_, response) => {
      answers++;
      if (answers === 1) return undefined;
      return void response.end("x".repeat(answers === 2 ? 2_000 : 2));
    });
    expect(await kept.post(request(url, { timeoutMs: 200 }))).toMatchObject({ reason: "timeout" });
    expect(await kept.post(request(url))).toMatchObject({ kind: "answered", truncated: true });
    expect(await kept.post(request(url))).toMatchObject({ kind: "answered", truncated: false });
    expect(new Set(ports).size).toBe(3);
  });
});
