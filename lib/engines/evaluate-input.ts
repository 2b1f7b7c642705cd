/** A run's stored input, made ready for the engine: parsed once, its numbers within what the engine's decimals can hold, its offerings checked. */
import type { Offering } from "./evaluate-result.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { runError, type RunError } from "./run-errors.ts";

/** Most offerings one run is placed against. */
export const MAX_OFFERINGS = 500;
/** Longest id of an offering, in characters. */
export const MAX_OFFERING_ID = 100;

export type RunInput = { input: JsonValue; offerings: JsonValue | undefined };

// zen converts numbers from 2^63 on into text or aborts the process, and panics on more than 28 decimal places (0.52.1, all tried).
const TOO_LARGE = 2 ** 63;
const MAY_HAVE_LONG_DECIMALS = 1e-11;
const DECIMAL_PLACES = 28;
/** Only text that matches can hold such numbers; most inputs do not, and are not walked. */
const MAY_HOLD_EXTREMES = /\d{16}|\d[eE][+-]?\d/;

/** Parses `{"input":…,"offerings"?:…}`. Tiny numbers are rounded to the engine's 28 decimal places; one beyond ±2^63 is an error that names it. */
export function parseRunInput(payload: string): RunInput | { error: RunError } {
  const body = JSON.parse(payload) as JsonObject;
  if (MAY_HOLD_EXTREMES.test(payload)) {
    const path = fitNumbers(body, "");
    if (path) {
      const message = `${path} is a number beyond ±9223372036854775807, which the engine cannot calculate with; send it as text`;
      return { error: runError("engine_error", message, { path }) };
    }
  }
  return { input: own(body, "input") ?? null, offerings: own(body, "offerings") };
}

/** The offerings of a run: the request's own, else those of the engine's config. An error names the first that is not one. */
export function toOfferings(
  requested: JsonValue | undefined,
  configured: JsonValue | undefined,
): Offering[] | { error: RunError } {
  const offerings = requested ?? configured;
  if (offerings === undefined || offerings === null) {
    return wrong("offerings", "The run names no offerings and its engine's config has none of its own");
  }
  if (!Array.isArray(offerings)) return wrong("offerings", "offerings is not a list");
  if (offerings.length === 0) return wrong("offerings", "offerings is empty");
  if (offerings.length > MAX_OFFERINGS) return wrong("offerings", `offerings has more than ${MAX_OFFERINGS} entries`);
  const seen = new Set<string>();
  for (const [index, offering] of offerings.entries()) {
    const path = `offerings[${index}]`;
    if (!isJsonObject(offering)) return wrong(path, `${path} is not an object`);
    const id = own(offering, "id");
    if (typeof id !== "string" || id === "" || id.length > MAX_OFFERING_ID) {
      return wrong(`${path}.id`, `${path}.id is not a text of 1 to ${MAX_OFFERING_ID} characters`);
    }
    if (seen.has(id)) return wrong(`${path}.id`, `${path}.id is the id of an earlier offering too`);
    seen.add(id);
  }
  return offerings as Offering[];
}

function wrong(path: string, message: string): { error: RunError } {
  return { error: runError("engine_error", message, { path }) };
}

/** Rounds in place what has too many decimal places; answers the path of the first number that is too large. */
function fitNumbers(parent: JsonValue[] | JsonObject, path: string): string | undefined {
  for (const key of Object.keys(parent)) {
    const value = (parent as JsonObject)[key]!;
    if (typeof value !== "number" && (typeof value !== "object" || value === null)) continue;
    const here = Array.isArray(parent) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (typeof value === "object") {
      const found = fitNumbers(value, here);
      if (found) return found;
    } else if (Math.abs(value) >= TOO_LARGE) {
      return here;
    } else if (Math.abs(value) < MAY_HAVE_LONG_DECIMALS && value !== 0) {
      (parent as JsonObject)[key] = Number(value.toFixed(DECIMAL_PLACES));
    }
  }
  return undefined;
}
