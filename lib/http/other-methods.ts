/**
 * What a portal route answers to the methods that it does not take. Next by itself would answer them with an empty body.
 *
 *     export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
 */
import { REQUEST_ID_HEADER } from "../auth/request-context.ts";
import { ApiError } from "../errors.ts";
import { newRequestId } from "../ids.ts";
import { errorResponse } from "./error-response.ts";
import type { PortalRoute } from "./session-route.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof METHODS)[number];
type Answer = (request: Request) => Response;

/**
 * The rest of a route's methods, from those that it takes: 405 `method_not_allowed` for each, and OPTIONS, both with the header Allow.
 * HEAD is Next's own: it goes where GET goes.
 */
export function otherMethods<Taken extends Method>(
  taken: Readonly<Record<Taken, PortalRoute>>,
): Record<Exclude<Method, Taken> | "OPTIONS", Answer> {
  const allow = METHODS.filter((method) => method in taken)
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .join(", ");
  const refuse: Answer = ({ headers }) => {
    const error = new ApiError("method_not_allowed", `This path takes ${allow}`);
    const response = errorResponse(error, headers.get(REQUEST_ID_HEADER) ?? newRequestId());
    response.headers.set("allow", allow);
    return response;
  };
  const others = METHODS.filter((method) => !(method in taken)).map((method) => [method, refuse]);
  const options: Answer = () => new Response(null, { status: 204, headers: { allow } });
  return { ...Object.fromEntries(others), OPTIONS: options } as Record<Exclude<Method, Taken> | "OPTIONS", Answer>;
}
