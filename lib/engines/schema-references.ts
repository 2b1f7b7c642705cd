/** What references within a JSON schema name: `#/definitions/x` by its place, `#x` by its anchor. Pure. */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";

/** Takes time in the size of the schema once, and in the length of a reference each. */
export class SchemaReferences {
  readonly #root: JsonValue;
  readonly #targets = new Map<string, JsonObject | undefined>();
  #anchors: Map<string, JsonObject> | undefined;

  constructor(root: JsonValue) {
    this.#root = root;
  }

  /** Undefined where it names nothing, or something outside of the schema. */
  find(ref: string): JsonObject | undefined {
    if (!this.#targets.has(ref)) this.#targets.set(ref, this.#look(ref));
    return this.#targets.get(ref);
  }

  #look(ref: string): JsonObject | undefined {
    if (!ref.startsWith("#")) return undefined;
    if (ref !== "#" && !ref.startsWith("#/")) {
      this.#anchors ??= anchorsIn(this.#root);
      return this.#anchors.get(ref.slice(1));
    }
    let value: JsonValue | undefined = this.#root;
    for (const part of ref.split("/").slice(1)) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      value = isJsonObject(value) || Array.isArray(value) ? own(value as JsonObject, name) : undefined;
    }
    return isJsonObject(value) ? value : undefined;
  }
}

/** Every schema that has given itself a name; older drafts write it as an id that begins with `#`. */
function anchorsIn(root: JsonValue): Map<string, JsonObject> {
  const anchors = new Map<string, JsonObject>();
  const waiting: JsonValue[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const inner of Object.values(value)) waiting.push(inner);
    if (Array.isArray(value)) continue;
    const [anchor, id] = [own(value, "$anchor"), own(value, "$id")];
    if (typeof anchor === "string") anchors.set(anchor, value);
    else if (typeof id === "string" && id.startsWith("#")) anchors.set(id.slice(1), value);
  }
  return anchors;
}
