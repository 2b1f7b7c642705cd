/** One change of a config, made of what was and what is. Pure. */
import type { ConfigChange } from "./diff-schema.ts";
import { own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { clipped, fieldPath } from "./field-path.ts";
import { type Comparing, namesOf, valueChanges, type ValueChange } from "./json-diff.ts";

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

/** The differences in all but the known fields of two objects. */
export function memberDifferences(
  comparing: Comparing,
  before: JsonObject,
  after: JsonObject,
  path: string,
  known: ReadonlySet<string>,
): ValueChange[] {
  return [...namesOf(before, after)]
    .filter((name) => !known.has(name))
    .flatMap((name) => valueChanges(comparing, own(before, name), own(after, name), fieldPath(path, name)));
}
