/** A JSON value as lines that can be folded, with the path of each; and where a text occurs in it. Pure. */

/** From the value's root: names and positions. */
export type JsonPath = readonly (string | number)[];

export type JsonLine = {
  /** Tells lines apart, and what they are part of: the path's steps, each after a NUL. A closing line has its opening one's id after a `]`. */
  id: string;
  path: JsonPath;
  kind: "open" | "close" | "folded" | "leaf";
  /** The name or position in what holds it; none for the root. */
  name: string | number | undefined;
  value: unknown;
  /** A comma follows. */
  more: boolean;
};

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;
const isEmpty = (value: object): boolean =>
  Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;

/** The id of a value by its path. */
export function idOf(path: JsonPath): string {
  return path.map((step) => `\0${step}`).join("");
}

/** The lines to be shown while `folded` (by id) shows as one line each. */
export function toLines(root: unknown, folded: ReadonlySet<string>): JsonLine[] {
  const lines: JsonLine[] = [];
  const add = (value: unknown, name: string | number | undefined, path: JsonPath, id: string, more: boolean) => {
    if (!isContainer(value) || isEmpty(value)) return lines.push({ id, path, kind: "leaf", name, value, more });
    if (folded.has(id)) return lines.push({ id, path, kind: "folded", name, value, more });
    lines.push({ id, path, kind: "open", name, value, more: false });
    const members = Object.entries(value);
    for (const [index, [key, member]] of members.entries()) {
      const step = Array.isArray(value) ? index : key;
      add(member, step, [...path, step], `${id}\0${step}`, index < members.length - 1);
    }
    return lines.push({ id: `]${id}`, path, kind: "close", name: undefined, value, more });
  };
  add(root, undefined, [], "", false);
  return lines;
}

/** Values that hold others, by id, from this depth on; below the root also those that hold more than `many`. */
export function containersFrom(root: unknown, depth: number, many: number = Infinity): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown, id: string, at: number) => {
    if (!isContainer(value) || isEmpty(value)) return;
    const members = Object.entries(value);
    if (at >= depth || (at > 0 && members.length > many)) found.add(id);
    for (const [key, member] of members) look(member, `${id}\0${key}`, at + 1);
  };
  look(root, "", 0);
  return found;
}

/** Lines of the whole value, unfolded; counting stops at `most`. */
export function countLines(root: unknown, most: number): number {
  let count = 0;
  const look = (value: unknown) => {
    count += 1;
    if (count >= most || !isContainer(value) || isEmpty(value)) return;
    for (const member of Object.values(value)) look(member);
    count += 1;
  };
  look(root);
  return Math.min(count, most);
}

/** Paths of the names and plain values that hold `text`, whatever its case, in their order; `most` of them at most. */
export function findText(root: unknown, text: string, most: number): JsonPath[] {
  const wanted = text.toLowerCase();
  const found: JsonPath[] = [];
  const look = (value: unknown, name: string | number | undefined, path: JsonPath) => {
    if (found.length >= most) return;
    const plain = isContainer(value) ? "" : String(value);
    const hit =
      (typeof name === "string" && name.toLowerCase().includes(wanted)) || plain.toLowerCase().includes(wanted);
    if (hit) found.push(path);
    if (!isContainer(value)) return;
    for (const [key, member] of Object.entries(value)) {
      const step = Array.isArray(value) ? Number(key) : key;
      look(member, step, [...path, step]);
    }
  };
  if (wanted !== "") look(root, undefined, []);
  return found;
}

/** The path as expressions and error messages write it, below `root`: `input.owners[0].name`, `input["odd name"]`. */
export function formatPath(path: JsonPath, root: string): string {
  let text = root;
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** `4 fields`, `12 items`: what is folded away. */
export function describeFolded(value: unknown): string {
  const [count, noun] = Array.isArray(value) ? [value.length, "item"] : [Object.keys(value as object).length, "field"];
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
