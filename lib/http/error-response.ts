/** An error as a Response in the shape of portal and API. */
import { type ApiError, errorBody } from "../errors.ts";
import { noteRefusal } from "./refusal-notes.ts";

/** The answer, never cached, with its request id and what the error says about trying again and about limits; its code is noted for the access log. */
export function errorResponse(error: ApiError, requestId: string): Response {
  noteRefusal(requestId, error.code);
  return Response.json(errorBody(error, requestId), {
    status: error.status,
    headers: {
      "cache-control": "no-store",
      "x-request-id": requestId,
      ...error.headers,
      ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) }),
    },
  });
}
