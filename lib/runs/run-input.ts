/**
 * What a submitted body says, before anything is stored: checked (R3), and as the text that the engine will be given.
 *
 * The text is the sender's own, byte for byte: numbers keep their digits and keys their order, because the engine calculates with
 * decimals, and reading them into doubles and writing them again would change them. Of equal keys the last one counts, here and in the engine.
 */
import { ApiError, invalidField, isApiError } from "../errors.ts";
import { isVersionSpec, VERSION_SPEC_RULE } from "../environments/version-spec.ts";
import { bodyText, bodyTooLarge, parseJsonText } from "../http/json-input.ts";
import { topLevelMembers } from "../http/json-scan.ts";

/** Ready to be stored, or what is wrong with it. `body` is UTF-8 JSON text `{"input":…,"offerings"?:…}`; `version` as E8 has it. */
export type PreparedInput = { ok: true; body: Uint8Array; version: string | null } | { ok: false; refusal: ApiError };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const FIELDS = new Set(["input", "offerings", "engine_version"]);

function checkFields(value: unknown): string | null {
  if (!isObject(value)) throw invalidField("body", "must be an object");
  const unknown = Object.keys(value).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw invalidField(unknown.slice(0, 200), "unknown field");
  if (!Object.hasOwn(value, "input")) throw invalidField("input", "is required");
  if (Object.hasOwn(value, "offerings") && !Array.isArray(value.offerings)) {
    throw invalidField("offerings", "must be a list");
  }
  if (!Object.hasOwn(value, "engine_version")) return null;
  const version = value.engine_version;
  if (typeof version !== "string") throw invalidField("engine_version", "must be a text");
  if (!isVersionSpec(version)) {
    throw new ApiError("invalid_engine_version", `engine_version: ${VERSION_SPEC_RULE}`, {
      details: [{ path: "engine_version", message: VERSION_SPEC_RULE }],
    });
  }
  return version;
}

// Without a version the body is what is stored. Else its members are, each as it was sent.
function storedBody(raw: Uint8Array, text: string, version: string | null): Uint8Array {
  if (version === null) return raw;
  const members = topLevelMembers(text);
  const offerings = members.get("offerings");
  return Buffer.from(`{"input":${members.get("input")}${offerings === undefined ? "" : `,"offerings":${offerings}`}}`);
}

/**
 * Checks the bytes of a submitted body; null stands for one that was too large to be read. Never throws for what a caller can send.
 * Refusals: 413, and 400 `invalid_request` or `invalid_engine_version` with the path.
 */
export function prepareInput(raw: Uint8Array | null): PreparedInput {
  if (raw === null) return { ok: false, refusal: bodyTooLarge() };
  try {
    const text = bodyText(raw);
    const version = checkFields(parseJsonText(text));
    return { ok: true, body: storedBody(raw, text, version), version };
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { ok: false, refusal: error };
  }
}
