/**
 * The one error class and the one closed table of error codes.
 *
 * Anything thrown that is not an ApiError is a bug: it is logged whole and answered as a bare 500 with the request id.
 */

/** Every code that a response of this program can carry, with its HTTP status. Stable: codes are never renamed. */
export const ERROR_STATUS = {
  invalid_request: 400,
  invalid_slug: 400,
  slug_reserved: 400,
  invalid_engine_version: 400,
  url_not_allowed: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  slug_taken: 409,
  environment_limit_reached: 409,
  environment_protected: 409,
  engine_version_unavailable: 409,
  webhook_limit_reached: 409,
  conflict: 409,
  payload_too_large: 413,
  expectation_failed: 417,
  unprocessable: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  overloaded: 503,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** Where in the request something is wrong: `path` is dotted, as in `input.amount` or `body`; empty arrays are never sent. */
export type ErrorDetail = { path: string; message: string };

const TAG = Symbol.for("nexio.ApiError");

/** An answer other than 2xx that the caller is meant to see. `message` is public; put nothing secret or internal into it. */
export class ApiError extends Error {
  readonly [TAG] = true;
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[] | undefined;
  /** Seconds for the Retry-After header. */
  readonly retryAfterSeconds: number | undefined;
  /** Further headers of the answer, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      details?: readonly ErrorDetail[] | undefined;
      retryAfterSeconds?: number | undefined;
      headers?: Readonly<Record<string, string>>;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ApiError";
    this.code = code;
    this.details = options.details?.length ? options.details : undefined;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
  }

  /** The same refusal with further headers. */
  withHeaders(headers: Readonly<Record<string, string>>): ApiError {
    const { code, message, details, retryAfterSeconds, cause } = this;
    return new ApiError(code, message, { details, retryAfterSeconds, cause, headers: { ...this.headers, ...headers } });
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

/** Tells an ApiError by its tag: the server's bundle and Next's bundle each have a class of their own. */
export function isApiError(error: unknown): error is ApiError {
  return typeof error === "object" && error !== null && TAG in error;
}

/** The 404 of everything that does not exist or is somebody else's; the two must not differ in a single byte. */
export function notFound(what: string): ApiError {
  return new ApiError("not_found", `${what} not found`);
}

/** The 503 of a server that has as much to do as it can hold. */
export function overloaded(): ApiError {
  return new ApiError("overloaded", "More requests are waiting than the server can hold; try again in a moment", {
    retryAfterSeconds: 1,
  });
}

/** A 400 that names one field. */
export function invalidField(path: string, message: string): ApiError {
  return new ApiError("invalid_request", `${path}: ${message}`, { details: [{ path, message }] });
}

/** The public error shape of portal and API. */
export function errorBody(error: ApiError, requestId: string) {
  return {
    code: error.code,
    message: error.message,
    request_id: requestId,
    ...(error.details ? { details: error.details } : {}),
  };
}
