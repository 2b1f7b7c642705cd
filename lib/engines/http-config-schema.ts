/** The config of an engine of type `http`: which service is called, and for how long it may take. A call is always a POST. */
import { z } from "zod";
import { boundedTexts } from "./bounded-list.ts";
import { MAX_CALLBACK_TIMEOUT_MS, MIN_CALLBACK_TIMEOUT_MS } from "./callback-deadline.ts";

const MAX_HEADERS = 20;

/** What can be wrong with it, beside its shape. */
export const HTTP_PROBLEM_CODES = ["url_not_allowed", "header_not_allowed"] as const;

export const HttpConfigSchema = z.strictObject({
  url: z.string("must be a URL").min(1, "must be a URL").max(2_048, "has more than 2048 characters"),
  callback_timeout_ms: z
    .int("must be a whole number of milliseconds")
    .min(MIN_CALLBACK_TIMEOUT_MS, `must be at least ${MIN_CALLBACK_TIMEOUT_MS}`)
    .max(MAX_CALLBACK_TIMEOUT_MS, `must be at most ${MAX_CALLBACK_TIMEOUT_MS}, a day`)
    .optional(),
  /** Sent with every call, and seen by everybody who sees the engine. */
  headers: boundedTexts(
    z
      .string("must be a text")
      .max(1_000, "has more than 1000 characters")
      .regex(/^[\x20-\x7e]*$/, "must be printable ASCII"),
    MAX_HEADERS,
  ).optional(),
});

export type HttpConfig = z.infer<typeof HttpConfigSchema>;
