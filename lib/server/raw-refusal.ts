/** Refusals of what never became a request with a response of its own: written to the socket, in the one public shape. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { ApiError, errorBody, invalidField } from "../errors.ts";
import { newRequestId } from "../ids.ts";

/** Answers on the bare socket and closes it. */
export function refuseOnSocket(socket: Duplex, error: ApiError): void {
  if (!socket.writable) return void socket.destroy();
  // Who goes away while being refused is no error of ours.
  socket.on("error", () => socket.destroy());
  const requestId = newRequestId();
  const body = JSON.stringify(errorBody(error, requestId));
  socket.end(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `cache-control: no-store\r\nx-content-type-options: nosniff\r\nx-request-id: ${requestId}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

// Node's own name for the answer that a connection is busy with, by which its own handler of broken requests goes too: there is no public one.
type Connection = Duplex & { _httpMessage?: ServerResponse | null };

/**
 * Answers broken HTTP, and headers that are too large or too slow; never inside or before the answer to a request that came before it on
 * the same connection. One that goes on, as a stream does, is cut off, so that nobody takes what follows for its end.
 */
export function refuseBroken(error: NodeJS.ErrnoException, socket: Connection): void {
  if (error.code === "ECONNRESET") return void socket.destroy();
  const { _httpMessage: answer } = socket;
  if (answer?.headersSent && !answer.writableEnded) return void socket.destroy();
  // What is broken stands behind this one, and is answered behind it.
  if (answer?.writableEnded || answer?.req.complete) {
    return void answer.once("close", () => refuseBroken(error, socket));
  }
  refuseOnSocket(socket, faultOf(error.code));
}

function faultOf(code: string | undefined): ApiError {
  if (code === "HPE_HEADER_OVERFLOW") return new ApiError("headers_too_large", "The request's headers are too large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new ApiError("request_timeout", "The request did not arrive in time");
  return invalidField("request", "is no proper HTTP");
}
