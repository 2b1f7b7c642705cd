/** One change of a config, made of what was and what is. Pure. */
import type { ConfigChange } from "./diff-schema.ts";
import { own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { valueChanges, type ValueChange } from "./json-diff.ts";

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
    label,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** The differences in all but the known fields of two objects. */
export function memberDifferences(
  before: JsonObject,
  after: JsonObject,
  path: string,
  known: ReadonlySet<string>,
): ValueChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !known.has(name));
  return names.flatMap((name) =>
    valueChanges(own(before, name), own(after, name), path === "" ? name : `${path}.${name}`),
  );
}
