/**
 * From anything thrown to what the caller may see: an ApiError as it is, an absent database as 503, everything else as a bare 500.
 */
import { isDatabaseAway } from "./db.ts";
import { ApiError, isApiError } from "./errors.ts";

/** The public face of an error. Says nothing about the inside: the log does, under the same request id. */
export function publicError(error: unknown): ApiError {
  if (isApiError(error)) return error;
  if (isDatabaseAway(error)) {
    const message = "The database cannot be reached now; try again in a moment";
    return new ApiError("unavailable", message, { retryAfterSeconds: 1, cause: error });
  }
  return new ApiError("internal", "Something went wrong on our side; the request id helps us to find it", {
    cause: error,
  });
}
