/**
 * The one way in which the program sends requests to addresses of customers' choosing.
 *
 * Every attempt makes a connection of its own, to an address that was looked up and checked at that moment: the look-up that the socket
 * connects by is the one that is checked, so that an answer which changes in between changes nothing. Redirects are answers like any other,
 * proxies named by the environment are not used, and nothing is kept between requests.
 */
import type { LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { buildConnector, Client, errors } from "undici";
import { isAllowedAddress } from "./address-rules.ts";
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
};

export type OutboundOptions = { policy?: OutboundPolicy; resolve?: Resolve };

const MAX_HEADER_BYTES = 16_384;

class NotAllowed extends Error {}
class NotResolved extends Error {}

/** Makes a client. Without options it follows the installation's policy and the machine's DNS. */
export function createOutboundClient({
  policy = outboundPolicy(),
  resolve = createResolve(),
}: OutboundOptions = {}): OutboundClient {
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

  async function exchange(request: OutboundRequest, url: URL, signal: AbortSignal): Promise<OutboundResult> {
    const connect = buildConnector({
      allowH2: false,
      maxCachedSessions: 0,
      timeout: request.timeoutMs,
      lookup: guardedLookup(signal),
      // With it the socket asks for all addresses and tries one after another.
      autoSelectFamily: true,
    });
    // The timeout is the request's own, over everything.
    const client = new Client(url.origin, {
      connect,
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    try {
      const answer = await client.request({
        method: "POST",
        path: url.pathname + url.search,
        headers: request.headers,
        body: request.body,
        signal,
      });
      const { body, truncated } = await readUpTo(answer.body, request.maxBodyBytes);
      return { kind: "answered", status: answer.statusCode, headers: answer.headers, body, truncated };
    } finally {
      void client.destroy().catch(() => {});
    }
  }

  return {
    async post(request) {
      const problem = urlProblem(request.url, policy);
      if (problem) return { kind: "failed", reason: "url_not_allowed", message: `The URL ${problem}` };
      const timeout = AbortSignal.timeout(request.timeoutMs);
      const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
      try {
        return await exchange(request, new URL(request.url), signal);
      } catch (error) {
        if (request.signal?.aborted) return { kind: "failed", reason: "aborted", message: "The request was given up" };
        if (timeout.aborted) {
          return { kind: "failed", reason: "timeout", message: `There was no answer within ${request.timeoutMs} ms` };
        }
        return failureOf(error);
      }
    },
  };
}

async function readUpTo(stream: AsyncIterable<Buffer>, limit: number): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop destroys the stream: what would still come is not read.
    if (size > limit) return { body: Buffer.concat(chunks, size).subarray(0, limit), truncated: true };
  }
  return { body: Buffer.concat(chunks, size), truncated: false };
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

const unreachable = (message: string): OutboundResult => ({ kind: "failed", reason: "unreachable", message });

function failureOf(error: unknown): OutboundResult {
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
      return { kind: "failed", reason: "invalid_answer", message: "The answer is not proper HTTP" };
    }
  }
  return unreachable("The connection failed");
}
