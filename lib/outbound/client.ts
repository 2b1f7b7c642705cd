/**
 * The one way in which the program sends requests to addresses of customers' choosing.
 *
 * Every connection is made to an address that was looked up and checked at that moment (connections.ts). Redirects are answers like any other,
 * and proxies named by the environment are not used. Unless the client is told to keep connections, each request has one of its own.
 */
import { errors } from "undici";
import { type Connection, createConnections, NotAllowed, NotResolved } from "./connections.ts";
import { BrokenOff, exchange } from "./exchange.ts";
import { outboundPolicy, type OutboundPolicy } from "./policy.ts";
import { createResolve, type Resolve } from "./resolve.ts";
import { urlProblem } from "./url-rules.ts";

export type OutboundRequest = {
  url: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Sent by POST, as it is. */
  body: string | Buffer;
  /** For everything together: looking up, connecting, sending, waiting, reading. */
  timeoutMs: number;
  /** Of the answer's body no more is read. */
  maxBodyBytes: number;
  /** Gives up. */
  signal?: AbortSignal;
};

/** Why there is no answer. Closed; `message` says the rest in words for the customer, without addresses. */
export type OutboundFailure = "url_not_allowed" | "unreachable" | "invalid_answer" | "timeout" | "aborted";

export type OutboundResult =
  | {
      kind: "answered";
      status: number;
      headers: Readonly<Record<string, string | string[] | undefined>>;
      body: Buffer;
      /** The body is longer than what was read of it. */
      truncated: boolean;
    }
  | { kind: "failed"; reason: OutboundFailure; message: string };

export type OutboundClient = {
  /** Sends one request by POST. Never rejects: what goes wrong is a result. */
  post(request: OutboundRequest): Promise<OutboundResult>;
  /** Gives up requests that are open, and ends the connections that are kept. */
  close(): void;
};

/**
 * `keepAlive`: connections are kept for some seconds after an answer. The other end may close one while a request is just being sent on it; such
 * a request is sent once more on a new connection, and may therefore arrive twice.
 */
export type OutboundOptions = { policy?: OutboundPolicy; resolve?: Resolve; keepAlive?: boolean };

/** Makes a client. Without options it follows the installation's policy and the machine's DNS. */
export function createOutboundClient({
  policy = outboundPolicy(),
  resolve = createResolve(),
  keepAlive = false,
}: OutboundOptions = {}): OutboundClient {
  const connections = createConnections({ policy, resolve, keepAlive });
  const targetOf = createTargets(policy);
  const open = new Set<() => void>();

  /** `use` hears of the connection that the request now depends on. */
  async function send(
    request: OutboundRequest,
    { origin, path }: Allowed,
    use: (connection: Connection) => void,
  ): Promise<OutboundResult> {
    const sent = { path, headers: request.headers, body: request.body };

    async function over(connection: Connection): Promise<OutboundResult> {
      use(connection);
      try {
        const answer = await exchange(connection.client, sent, request.maxBodyBytes);
        if (answer.truncated || answer.headers.connection === "close") connection.destroy();
        else connections.release(origin, connection);
        return { kind: "answered", ...answer };
      } catch (error) {
        connection.destroy();
        throw error;
      }
    }

    const kept = connections.takeKept(origin);
    if (kept) {
      try {
        return await over(kept);
      } catch (error) {
        if (!wasStale(error)) throw error;
      }
    }
    return over(connections.open(origin, request.timeoutMs));
  }

  return {
    async post(request) {
      const target = targetOf(request.url);
      if ("problem" in target) {
        return { kind: "failed", reason: "url_not_allowed", message: `The URL ${target.problem}` };
      }
      let connection: Connection | undefined;
      let given: "timeout" | "aborted" | undefined;
      const giveUp = (why: "timeout" | "aborted") => {
        given ??= why;
        connection?.destroy();
      };
      const abort = () => giveUp("aborted");
      open.add(abort);
      const timer = setTimeout(() => giveUp("timeout"), request.timeoutMs);
      if (request.signal?.aborted) abort();
      request.signal?.addEventListener("abort", abort, { once: true });
      try {
        return await send(request, target, (used) => {
          connection = used;
          if (given) used.destroy();
        });
      } catch (error) {
        if (given === "aborted") return { kind: "failed", reason: "aborted", message: "The request was given up" };
        if (given === "timeout") {
          return { kind: "failed", reason: "timeout", message: `There was no answer within ${request.timeoutMs} ms` };
        }
        return failureOf(error);
      } finally {
        open.delete(abort);
        clearTimeout(timer);
        request.signal?.removeEventListener("abort", abort);
      }
    },
    close() {
      for (const abort of open) abort();
      connections.close();
    },
  };
}

const partsOf = ({ origin, pathname, search }: URL): Allowed => ({ origin, path: pathname + search });

type Allowed = { origin: string; path: string };

/** URLs that are called again and again are looked at once. */
const MOST_TARGETS = 1_000;

function createTargets(policy: OutboundPolicy): (url: string) => Allowed | { problem: string } {
  const known = new Map<string, Allowed | { problem: string }>();
  return (url) => {
    let target = known.get(url);
    if (target) return target;
    const problem = urlProblem(url, policy);
    target = problem ? { problem } : partsOf(new URL(url));
    if (known.size === MOST_TARGETS) known.clear();
    known.set(url, target);
    return target;
  };
}

/** Whether a connection that was kept has been closed by the other end, which then has not answered what was sent. */
function wasStale(error: unknown): boolean {
  if (!(error instanceof BrokenOff) || error.answerBegun || isUnasked(error.cause)) return false;
  return CLOSED_CODES.has(String((error.cause as NodeJS.ErrnoException).code));
}

const CLOSED_CODES = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

// The parser's own words for 100, and for 101 with what belongs to it; its code is that of a connection that was closed. Without, it fails by itself.
const UNASKED = new Set(["bad response", "bad upgrade"]);

/** Whether the other end asks to go on, or to speak another protocol, instead of answering. */
function isUnasked(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return (cause instanceof errors.SocketError && UNASKED.has(cause.message)) || cause.name === "AssertionError";
}

/** Whether headers contradict each other: of them the parser says what it says of a body that ends too soon. */
function isContradictory({ cause, answerBegun }: BrokenOff): boolean {
  return !answerBegun && (cause as NodeJS.ErrnoException).code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "The connection was refused",
  ECONNRESET: "The connection was closed before the answer had come",
  EPIPE: "The connection was closed before the answer had come",
  UND_ERR_SOCKET: "The connection was closed before the answer had come",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "The connection was closed before the answer had come",
  ETIMEDOUT: "The host does not answer",
  UND_ERR_CONNECT_TIMEOUT: "The host does not answer",
  EHOSTUNREACH: "The host cannot be reached",
  ENETUNREACH: "The host cannot be reached",
};

// Node's and OpenSSL's names of what can be wrong with a certificate or a handshake.
const TLS_CODE = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|CRL_|INVALID_CA)/;
// Headers that have no end, and what else is against the protocol; what the parser refuses has a class of its own.
const NOT_HTTP_CODE = /^UND_ERR_(HEADERS_OVERFLOW|INVALID|NOT_SUPPORTED)/;

const NOT_HTTP = "The answer is not proper HTTP";
const invalid = (message: string): OutboundResult => ({ kind: "failed", reason: "invalid_answer", message });
const unreachable = (message: string): OutboundResult => ({ kind: "failed", reason: "unreachable", message });

function failureOf(error: unknown): OutboundResult {
  if (error instanceof BrokenOff) {
    if (isUnasked(error.cause)) return invalid("The answer is 100 or 101, which nobody has asked for");
    if (isContradictory(error)) return invalid(NOT_HTTP);
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NotAllowed) {
      const message = "The URL's name resolves to an address that may not be called";
      return { kind: "failed", reason: "url_not_allowed", message };
    }
    if (cause instanceof NotResolved) return unreachable("The URL's name does not resolve");
    const code = String((cause as NodeJS.ErrnoException).code ?? "");
    if (Object.hasOwn(UNREACHABLE, code)) return unreachable(UNREACHABLE[code]!);
    if (TLS_CODE.test(code)) return unreachable(`No secure connection could be made (${code})`);
    if (NOT_HTTP_CODE.test(code) || cause instanceof errors.HTTPParserError) {
      return invalid(NOT_HTTP);
    }
  }
  return unreachable("The connection failed");
}
