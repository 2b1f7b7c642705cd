/** How long after the beginning of a call its callback is taken: bounds, in milliseconds, that the config and its form share. */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../time.ts";

/** Where the config says nothing. */
export const DEFAULT_CALLBACK_TIMEOUT_MS = 15 * MINUTE_MS;
export const MIN_CALLBACK_TIMEOUT_MS = SECOND_MS;
export const MAX_CALLBACK_TIMEOUT_MS = DAY_MS;
