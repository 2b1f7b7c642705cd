/** An attempt as the wire has it: what came back is text where it is text, and base64 where it is not. */
import { isUtf8 } from "node:buffer";
import { toIso } from "../time.ts";
import type { AttemptDto } from "./deliveries-schema.ts";
import type { AttemptRow } from "./deliveries-store.ts";

/** A character of UTF-8 has at most four bytes: where a text was cut, as many as three may be its last one's beginning. */
const MAX_CUT = 3;

type Body = Pick<AttemptDto, "response_body" | "response_body_encoding">;

function textOf(bytes: Buffer, truncated: boolean): Body {
  for (let cut = 0; cut <= (truncated ? MAX_CUT : 0); cut++) {
    const text = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(text)) return { response_body: text.toString("utf8") };
  }
  return { response_body: bytes.toString("base64"), response_body_encoding: "base64" };
}

type Headers = Record<string, string | string[]>;

export function toAttempt(row: AttemptRow): AttemptDto {
  const body = row.response_body;
  return {
    number: row.number,
    trigger: row.trigger,
    url: row.url,
    started_at: toIso(row.started_at),
    duration_ms: row.duration_ms,
    ...(row.status_code === null ? {} : { status_code: row.status_code }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.error_message === null ? {} : { error_message: row.error_message }),
    request_headers: JSON.parse(row.request_headers) as Headers,
    ...(row.response_headers === null ? {} : { response_headers: JSON.parse(row.response_headers) as Headers }),
    ...(body === null ? {} : textOf(body, row.response_truncated)),
    ...(row.response_truncated ? { response_truncated: true as const } : {}),
  };
}
