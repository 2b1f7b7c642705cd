/**
 * The access log: refusals and errors always, successes at level `debug`. A line holds method, path without its query, status, the code of
 * a refusal, request id and the caller's address; never a header, because headers hold keys and cookies.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ApiError, isApiError } from "../errors.ts";
import { clientAddress } from "../http/client-address.ts";
import { keepRefusalNotes, takeRefusal } from "../http/refusal-notes.ts";
import { loggerFor } from "../logger.ts";

export type RequestLog = {
  succeeded(request: IncomingMessage, status: number, requestId: string): void;
  /** `face` is what the caller is told, `error` what happened. */
  failed(request: IncomingMessage, face: ApiError, requestId: string, error: unknown): void;
  /** For answers that others make: logs when they have gone out. */
  watch(request: IncomingMessage, response: ServerResponse): void;
};

/** The caller's address, through trusted proxies. */
export function addressOf(request: IncomingMessage): string | null {
  const forwarded = request.headers["x-forwarded-for"];
  return clientAddress(request.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(",") : forwarded);
}

/** A path without its query, which may hold tokens; cut, because it may be anything. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0]!.slice(0, 300);
}

const facts = (request: IncomingMessage, status: number, requestId: string) => ({
  method: request.method,
  path: pathOf(request),
  status,
  request_id: requestId,
  ip: addressOf(request),
});

export function createRequestLog(): RequestLog {
  const log = loggerFor("http");
  const logsSuccesses = log.isLevelEnabled("debug");
  keepRefusalNotes();

  return {
    succeeded(request, status, requestId) {
      if (logsSuccesses) log.debug(facts(request, status, requestId), "answered");
    },
    failed(request, face, requestId, error) {
      const line = { ...facts(request, face.status, requestId), code: face.code };
      if (face.status < 500) log.info(line, "refused");
      else if (isApiError(error) || face.code === "unavailable") log.warn(line, "refused");
      else log.error({ ...line, err: error }, "failed");
    },
    watch(request, response) {
      response.once("close", () => {
        const status = response.statusCode;
        const requestId = String(response.getHeader("x-request-id"));
        const code = takeRefusal(requestId);
        if (!response.writableFinished || (status < 400 && !logsSuccesses)) return;
        const line = { ...facts(request, status, requestId), ...(code === undefined ? {} : { code }) };
        if (status < 400) log.debug(line, "answered");
        else if (status < 500 || code === "unavailable" || code === "overloaded")
          log[status < 500 ? "info" : "warn"](line, "refused");
        else log.error(line, "failed");
      });
    },
  };
}
