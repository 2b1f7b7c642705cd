/** Refusals of what never became a request with a response of its own: written to the socket, in the one public shape. */
import { STATUS_CODES } from "node:http";
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

/** Answers broken HTTP, and headers that are too large or too slow. */
export function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET") return void socket.destroy();
  refuseOnSocket(socket, faultOf(error.code));
}

function faultOf(code: string | undefined): ApiError {
  if (code === "HPE_HEADER_OVERFLOW") return new ApiError("headers_too_large", "The request's headers are too large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new ApiError("request_timeout", "The request did not arrive in time");
  return invalidField("request", "is no proper HTTP");
}
