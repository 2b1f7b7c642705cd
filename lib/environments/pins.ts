/** Engine version pins of an environment: which changes a PATCH asks for. */
import { ApiError, type ErrorDetail, invalidField } from "../errors.ts";
import type { UpdateEnvironment } from "./schema.ts";
import { isVersionSpec, VERSION_SPEC_RULE } from "./version-spec.ts";

// As engines have them; engines stand above environments.
const ENGINE_SLUG = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;
/** Far more engines than an organization has; keeps the row small. */
const MAX_PINS = 200;

export type Pins = Record<string, string>;
type Pinned = { pinnedEngineVersion: string | null; enginePins: unknown };

/** The pins of a row's JSON column. */
export function pinsOf(column: unknown): Pins {
  if (typeof column !== "object" || column === null) return {};
  return Object.fromEntries(
    Object.entries(column).filter((pin): pin is [string, string] => typeof pin[1] === "string"),
  );
}

function check(input: UpdateEnvironment): void {
  const details: ErrorDetail[] = [];
  const spec = (path: string, version: string | null | undefined) => {
    if (typeof version === "string" && !isVersionSpec(version)) details.push({ path, message: VERSION_SPEC_RULE });
  };
  spec("pinned_engine_version", input.pinned_engine_version);
  for (const [engine, version] of Object.entries(input.engine_pins ?? {})) {
    if (!ENGINE_SLUG.test(engine)) throw invalidField(`engine_pins.${engine.slice(0, 60)}`, "is not an engine's slug");
    spec(`engine_pins.${engine}`, version);
  }
  if (details.length > 0) throw new ApiError("invalid_engine_version", VERSION_SPEC_RULE, { details });
}

/**
 * Checks the request and returns a function from the row as it is to the columns to write, or to null where nothing would change.
 * Pins that the request does not name stay. Throws `invalid_engine_version` with the paths, `invalid_request` for a key that is no slug.
 */
export function applyPins(
  input: UpdateEnvironment,
): (row: Pinned) => { pinnedEngineVersion: string | null; enginePins: Pins } | null {
  check(input);
  return (row) => {
    const before = pinsOf(row.enginePins);
    const merged: Record<string, string | null> = { ...before, ...input.engine_pins };
    const enginePins = Object.fromEntries(
      Object.entries(merged).filter((pin): pin is [string, string] => pin[1] !== null),
    );
    if (Object.keys(enginePins).length > MAX_PINS) throw invalidField("engine_pins", `has more than ${MAX_PINS} pins`);
    const pinnedEngineVersion =
      input.pinned_engine_version === undefined ? row.pinnedEngineVersion : input.pinned_engine_version;
    const isSame =
      pinnedEngineVersion === row.pinnedEngineVersion &&
      Object.keys(enginePins).length === Object.keys(before).length &&
      Object.entries(enginePins).every(([engine, version]) => before[engine] === version);
    return isSame ? null : { pinnedEngineVersion, enginePins };
  };
}
