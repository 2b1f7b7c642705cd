/**
 * What a submitted body says, before anything is stored: checked, and as the text that the engine will be given.
 *
 * The text is the sender's own, byte for byte: numbers keep their digits and keys their order, because the engine calculates with
 * decimals, and reading them into doubles and writing them again would change them. Of equal keys the last one counts, here and in the engine.
 */
import { isUtf8 } from "node:buffer";
import { ApiError, invalidField, isApiError } from "../errors.ts";
import { isVersionSpec, VERSION_SPEC_RULE } from "../environments/version-spec.ts";
import { bodyText, bodyTooLarge, parseJsonText } from "../http/json-input.ts";
import { findMembers } from "../http/json-members.ts";
import { topLevelMembers } from "../http/json-scan.ts";
import { checkTags } from "./tags.ts";

/** `body` is UTF-8 JSON text `{"input":…,"offerings"?:…}`; `version` is what the request itself asks for; `tags` are null where there are none. */
export type PreparedRun = { body: Uint8Array; version: string | null; tags: readonly string[] | null };

/** Ready to be stored, or what is wrong with it. */
export type PreparedInput = ({ ok: true } & PreparedRun) | { ok: false; refusal: ApiError };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const FIELDS = new Set(["input", "offerings", "engine_version", "tags"]);

function checkFields(value: unknown): Omit<PreparedRun, "body"> {
  if (!isObject(value)) throw invalidField("body", "must be an object");
  const unknown = Object.keys(value).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw invalidField(unknown.slice(0, 200), "unknown field");
  if (!Object.hasOwn(value, "input")) throw invalidField("input", "is required");
  if (Object.hasOwn(value, "offerings") && !Array.isArray(value.offerings)) {
    throw invalidField("offerings", "must be a list");
  }
  return { version: checkVersion(value), tags: Object.hasOwn(value, "tags") ? checkTags(value.tags) : null };
}

function checkVersion(value: Record<string, unknown>): string | null {
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

// A body of input and offerings is what is stored. Else these members are, each as it was sent.
function storedBody(raw: Uint8Array, text: string, value: object): Uint8Array {
  if (!Object.hasOwn(value, "engine_version") && !Object.hasOwn(value, "tags")) return raw;
  const members = topLevelMembers(text);
  const offerings = members.get("offerings");
  return Buffer.from(`{"input":${members.get("input")}${offerings === undefined ? "" : `,"offerings":${offerings}`}}`);
}

const OPEN_ARRAY = 0x5b;
const QUOTE = 0x22;
const BEFORE_INPUT = Buffer.from('{"input":');
const BEFORE_OFFERINGS = Buffer.from(',"offerings":');
const END = Buffer.from("}");

/** The usual body, which breaks no rule: nothing of it is parsed but its tags. Undefined for any other, which is then looked at exactly. */
function prepareUsual(bytes: Buffer): PreparedRun | undefined {
  if (!isUtf8(bytes)) return undefined;
  const found: Record<string, Buffer> = {};
  for (const { nameStart, nameEnd, start, end } of findMembers(bytes) ?? []) {
    const name = bytes.toString("latin1", nameStart, nameEnd);
    if (!FIELDS.has(name)) return undefined;
    found[name] = bytes.subarray(start, end);
  }
  const { input, offerings, engine_version: version, tags } = found;
  if (!input || (offerings && offerings[0] !== OPEN_ARRAY)) return undefined;
  if (!version && !tags) return { body: bytes, version: null, tags: null };
  const spec = version ? usualVersion(version) : null;
  if (spec === undefined) return undefined;
  const parts = [BEFORE_INPUT, input, ...(offerings ? [BEFORE_OFFERINGS, offerings] : []), END];
  return {
    body: Buffer.concat(parts),
    version: spec,
    tags: tags ? checkTags(JSON.parse(tags.toString("utf8"))) : null,
  };
}

function usualVersion(bytes: Buffer): string | undefined {
  // An escape in it would not be a version's.
  const spec = bytes[0] === QUOTE ? bytes.toString("latin1", 1, bytes.length - 1) : "";
  return isVersionSpec(spec) ? spec : undefined;
}

/**
 * Checks the bytes of a submitted body; null stands for one that was too large to be read. Never throws for what a caller can send.
 * Refusals: 413, and 400 `invalid_request` or `invalid_engine_version` with the path.
 */
export function prepareInput(raw: Buffer | null): PreparedInput {
  if (raw === null) return { ok: false, refusal: bodyTooLarge() };
  try {
    const usual = prepareUsual(raw);
    if (usual) return { ok: true, ...usual };
    const text = bodyText(raw);
    const value = parseJsonText(text);
    const checked = checkFields(value);
    return { ok: true, body: storedBody(raw, text, value as object), ...checked };
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { ok: false, refusal: error };
  }
}
