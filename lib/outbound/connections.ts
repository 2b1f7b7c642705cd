/**
 * Connections to addresses of customers' choosing. Whenever one is made, the name is looked up and its addresses are checked at that moment: the
 * look-up that the socket connects by is the one that is checked, so that an answer which changes in between changes nothing.
 *
 * A connection belongs to one request at a time. Those that are kept between requests are kept for seconds, and none for long: what a name's
 * addresses have become since is noticed, also under a load that never ends.
 */
import type { LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { buildConnector, Client } from "undici";
import { isAllowedAddress } from "./address-rules.ts";
import type { OutboundPolicy } from "./policy.ts";
import type { Resolve } from "./resolve.ts";

const MAX_HEADER_BYTES = 16_384;
/** Servers close a connection that nothing is sent on, many of them after 5 seconds; whoever is late loses the request. */
const IDLE_MS = 4_000;
const MOST_IDLE = 512;
const LONGEST_KEPT_MS = 60_000;

/** The URL's name resolves to addresses that may not be called, and to no other. */
export class NotAllowed extends Error {}
/** The URL's name resolves to nothing. */
export class NotResolved extends Error {}

export type Connection = {
  client: Client;
  /** Ends it, and whatever waits for it, at once. */
  destroy(): void;
};

export type Connections = {
  /** A new one. It is made when it is first used, in this time at most; a failure is the request's. */
  open(origin: string, timeoutMs: number): Connection;
  /** One that is open already and that nobody uses, if there is one. */
  takeKept(origin: string): Connection | undefined;
  /** Leaves a connection whose answer was read to its end to whoever comes next, or ends it. */
  release(origin: string, connection: Connection): void;
  /** Ends those that nobody uses. */
  close(): void;
};

export type ConnectionsOptions = { policy: OutboundPolicy; resolve: Resolve; keepAlive: boolean };

/** Makes connections that follow the policy. */
export function createConnections({ policy, resolve, keepAlive }: ConnectionsOptions): Connections {
  const kept = createKept();

  async function addressesOf(host: string, signal: AbortSignal): Promise<string[]> {
    const name = host.replace(/\.$/, "");
    const found =
      name === "localhost" && policy.development ? ["127.0.0.1", "::1"] : await resolve(name, signal).catch(() => []);
    if (found.length === 0) throw new NotResolved();
    const allowed = found.filter((address) => isAllowedAddress(address, policy));
    if (allowed.length === 0) throw new NotAllowed();
    return allowed;
  }

  // What node:net connects to when the host is a name. A host that is an address is not looked up; urlProblem has checked it.
  function guardedLookup(signal: AbortSignal): LookupFunction {
    return callbackify(async (host: string, _options: LookupOptions) =>
      (await addressesOf(host, signal)).map((address) => ({ address, family: isIP(address) })),
    ) as LookupFunction;
  }

  return {
    open(origin, timeoutMs) {
      const destroyed = new AbortController();
      const connect = buildConnector({
        allowH2: false,
        maxCachedSessions: 0,
        timeout: timeoutMs,
        lookup: guardedLookup(destroyed.signal),
        // With it the socket asks for all addresses and tries one after another.
        autoSelectFamily: true,
      });
      const client = new Client(origin, {
        connect,
        pipelining: keepAlive ? 1 : 0,
        // The timeout is the request's own, over everything.
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: IDLE_MS,
        keepAliveMaxTimeout: IDLE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
      });
      const connection = {
        client,
        destroy() {
          destroyed.abort();
          void client.destroy().catch(() => {});
        },
      };
      if (keepAlive) kept.watch(origin, connection);
      return connection;
    },
    takeKept: (origin) => kept.take(origin),
    release(origin, connection) {
      if (!keepAlive || !kept.add(origin, connection)) connection.destroy();
    },
    close: () => kept.close(),
  };
}

type Kept = {
  /** From now on the connection is ended when its socket closes while nobody uses it. */
  watch(origin: string, connection: Connection): void;
  /** The one that was used last. */
  take(origin: string): Connection | undefined;
  /** False: it has been open for too long. */
  add(origin: string, connection: Connection): boolean;
  close(): void;
};

function createKept(): Kept {
  const idle = new Map<string, Connection[]>();
  const openedAtMs = new WeakMap<Connection, number>();
  let count = 0;

  /** Whether it was there. */
  function remove(origin: string, connection: Connection): boolean {
    const ofOrigin = idle.get(origin);
    const index = ofOrigin?.indexOf(connection) ?? -1;
    if (index < 0) return false;
    ofOrigin!.splice(index, 1);
    count--;
    if (ofOrigin!.length === 0) idle.delete(origin);
    return true;
  }

  function dropOne(): void {
    const [origin, [connection]] = idle.entries().next().value!;
    remove(origin, connection!);
    connection!.destroy();
  }

  return {
    watch(origin, connection) {
      openedAtMs.set(connection, performance.now());
      // Whoever uses it hears of it by their request, or is connected anew, to an address that is checked anew.
      connection.client.on("disconnect", () => {
        if (remove(origin, connection)) connection.destroy();
      });
    },
    take(origin) {
      const connection = idle.get(origin)?.at(-1);
      if (connection) remove(origin, connection);
      return connection;
    },
    add(origin, connection) {
      if (connection.client.destroyed || performance.now() - openedAtMs.get(connection)! > LONGEST_KEPT_MS)
        return false;
      const ofOrigin = idle.get(origin);
      if (ofOrigin) ofOrigin.push(connection);
      else idle.set(origin, [connection]);
      count++;
      if (count > MOST_IDLE) dropOne();
      return true;
    },
    close() {
      while (idle.size > 0) dropOne();
    },
  };
}
