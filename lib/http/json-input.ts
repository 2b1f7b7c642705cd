/**
 * The one way in which a body of a request becomes a value, for every surface: within limits, and with an error that names the place.
 *
 * Good input is the common case and pays for little: one JSON.parse, and regular expressions that decide whether anything in the text
 * could break a rule. Only then the exact scan (json-scan.ts) reads it.
 */
import { isUtf8 } from "node:buffer";
import { ApiError, invalidField } from "../errors.ts";
import { findJsonProblem, MAX_DEPTH } from "./json-scan.ts";

/** Bodies are at most 1 MiB. */
export const MAX_BODY_BYTES = 1_048_576;

// An escaped NUL or half of a pair; and numbers that might not fit a double: whatever is shorter than this does.
const SUSPICIOUS = /\\u(?:0000|[dD][89a-fA-F])|\d[eE]\+?\d{3}|\d{200}/;
const BLANK = /^[ \t\n\r]*$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

// Brackets inside strings do not nest. Most bodies have few brackets and end in the first loop's count.
function mayBeTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    // [ and {, ] and } differ in one bit
    else if ((code | 0x20) === 0x7b) {
      if (++depth > MAX_DEPTH + 1) return true;
    } else if ((code | 0x20) === 0x7d) depth -= 1;
  }
  return false;
}

function refuse(text: string): void {
  const problem = findJsonProblem(text);
  if (problem) throw invalidField(problem.path, problem.message);
}

/**
 * Parses a JSON text; a blank one counts as `{}`. Throws 400 `invalid_request` with the path, or with line and column: broken JSON, NUL
 * or half a surrogate pair in a string or key, numbers that are not finite, nesting deeper than 64 below the body.
 * Of equal keys the last one counts. A key `__proto__` is a key like any other.
 */
export function parseJsonText(text: string): unknown {
  if (BLANK.test(text)) return {};
  if (mayBeTooDeep(text) || SUSPICIOUS.test(text)) refuse(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    refuse(text);
    // What JSON.parse refuses and the scan does not would be a mistake in the scan; the sender hears about it in either case.
    throw invalidField("body", "is not JSON");
  }
}

/** The text of a body. Throws 400 for what is not UTF-8. */
export function bodyText(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw invalidField("body", "is not UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** As parseJsonText, for the bytes of a body. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  return parseJsonText(bodyText(bytes));
}

/** The 413 of every body over the limit. */
export function bodyTooLarge(limit: number = MAX_BODY_BYTES): ApiError {
  return new ApiError("payload_too_large", `The body is larger than ${limit} bytes`);
}

/** Bodies over this size are large: they are read where there is room for them (lib/http/held-bodies.ts). */
export const SMALL_BODY_BYTES = 64 << 10;

/**
 * The bytes of a Fetch request's body; empty where it has none. Throws 413 as soon as more than `limit` bytes are announced or have come:
 * what comes after is not read. `admitLarge` is waited for before more than SMALL_BODY_BYTES are kept, and may throw.
 */
export async function readBody(
  request: Request,
  limit: number = MAX_BODY_BYTES,
  admitLarge: () => unknown = () => {},
): Promise<Buffer> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw bodyTooLarge(limit);
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.length;
    try {
      if (size > limit) throw bodyTooLarge(limit);
      if (size > SMALL_BODY_BYTES && size - value.length <= SMALL_BODY_BYTES) await admitLarge();
    } catch (error) {
      void reader.cancel().catch(() => {});
      throw error;
    }
    chunks.push(value);
  }
}

/** Reads and parses a Fetch request's body: readBody, then parseJsonBody, with their errors. */
export async function readJson(request: Request, limit: number = MAX_BODY_BYTES): Promise<unknown> {
  return parseJsonBody(await readBody(request, limit));
}
