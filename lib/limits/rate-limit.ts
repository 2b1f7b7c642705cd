/**
 * Runs a minute: an organization with a limit has windows of 60 seconds. A window begins with the first run that is accepted after the last
 * one has passed, and in each at most as many runs are accepted as the limit says. What is refused does not count, nor do repeats of an
 * Idempotency-Key.
 */
import { ApiError } from "../errors.ts";

export const RATE_WINDOW_SECONDS = 60;

/** Where an organization stands after a request. `resetsAt` is when its window passes, in whole seconds since 1970; `retryAfterSeconds` is until then. */
export type RateLimit = { limit: number; remaining: number; resetsAt: number; retryAfterSeconds: number };

/** What every answer to a submission carries where there is a limit, refusals too. */
export function rateLimitHeaders({ limit, remaining, resetsAt }: RateLimit): Record<string, string> {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(resetsAt),
  };
}

/** The 429 of a run that is one too many. */
export function rateLimitExceeded({ limit, retryAfterSeconds }: RateLimit): ApiError {
  const seconds = retryAfterSeconds === 1 ? "1 second" : `${retryAfterSeconds} seconds`;
  return new ApiError("rate_limited", `The organization's limit is ${limit} runs a minute; try again in ${seconds}`, {
    retryAfterSeconds,
  });
}
