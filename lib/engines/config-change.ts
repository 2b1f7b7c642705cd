/** One change of a config, made of what was and what is. Pure. */
import type { ConfigChange } from "./diff-schema.ts";
import type { JsonValue } from "./evaluate-json.ts";
import { clipped } from "./field-path.ts";

/** A change of what is not there before or after, or is another. */
export function changeOf(
  subject: ConfigChange["subject"],
  label: string,
  path: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): ConfigChange {
  const kind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  return {
    kind,
    subject,
    path,
    label: clipped(label),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}
