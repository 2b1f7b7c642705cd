/**
 * Paths in a JSON text, such as `nodes[2].content.rules[0].amount`: where one stands, and which one a place belongs to. Works on the syntax tree,
 * so it also works while the text is not quite JSON. Field names may hold dots and brackets: what the object has decides how a path is read.
 */
import type { SyntaxNode, Tree } from "@lezer/common";

export type Place = { from: number; to: number };
type Slice = (from: number, to: number) => string;

const VALUES = new Set(["Object", "Array", "String", "Number", "True", "False", "Null"]);

function valuesOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (VALUES.has(child.name)) found.push(child);
  return found;
}

/** The value of a property; null while it has none. */
export function valueOf(property: SyntaxNode): SyntaxNode | null {
  return valuesOf(property)[0] ?? null;
}

/** The properties of an object with their names. */
export function propertiesOf(object: SyntaxNode, slice: Slice): { name: string; node: SyntaxNode }[] {
  return object.getChildren("Property").flatMap((node) => {
    const key = node.getChild("PropertyName");
    return key ? [{ name: unquote(slice(key.from, key.to)), node }] : [];
  });
}

/** The text of a quoted token; as it stands where it cannot be read. */
export function unquote(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token.replaceAll(/^"|"$/g, "");
  }
}

/** As far as the path leads: the last value that it names, and whether nothing of it was left. */
function follow(node: SyntaxNode, path: string, slice: Slice): { node: SyntaxNode; rest: number } {
  if (path === "") return { node, rest: 0 };
  if (node.name === "Array") {
    const [whole, index] = /^\[(\d+)\]/.exec(path) ?? [];
    const item = whole === undefined ? undefined : valuesOf(node)[Number(index)];
    return item ? follow(item, path.slice(whole!.length), slice) : { node, rest: path.length };
  }
  if (node.name !== "Object") return { node, rest: path.length };
  const text = path.replace(/^\./, "");
  let best = { node, rest: path.length };
  for (const { name, node: property } of propertiesOf(node, slice)) {
    const after = text.slice(name.length);
    const value = valueOf(property);
    if (name === "" || !text.startsWith(name) || !/^([.[]|$)/.test(after) || value === null) continue;
    const found = follow(value, after, slice);
    if (found.rest < best.rest) best = found;
  }
  return best;
}

/**
 * What to mark for a path: the value where it is short; for an object or a list its name, or what names it; the deepest part that exists where
 * the path leads nowhere. Never empty unless the text is.
 */
export function placeOfPath(tree: Tree, slice: Slice, path: string): Place {
  const root = valuesOf(tree.topNode)[0];
  if (!root) return { from: 0, to: tree.length };
  return markOf(follow(root, path, slice).node, slice);
}

function markOf(node: SyntaxNode, slice: Slice): Place {
  if (node.name !== "Object" && node.name !== "Array") return { from: node.from, to: node.to };
  const key = node.parent?.name === "Property" ? node.parent.getChild("PropertyName") : null;
  if (key) return { from: key.from, to: key.to };
  const properties = node.name === "Object" ? propertiesOf(node, slice) : [];
  for (const wanted of ["name", "id"]) {
    const value = properties.map((one) => (one.name === wanted ? valueOf(one.node) : null)).find(Boolean);
    if (value) return { from: value.from, to: value.to };
  }
  return { from: node.from, to: Math.min(node.from + 1, node.to) };
}

/** The path of the value that a place belongs to; empty for the root. */
export function pathAt(tree: Tree, slice: Slice, offset: number): string {
  const parts: string[] = [];
  for (let node: SyntaxNode | null = tree.resolveInner(offset, -1); node; node = node.parent) {
    if (node.name === "Property") {
      const key = node.getChild("PropertyName");
      if (key) parts.unshift(`.${unquote(slice(key.from, key.to))}`);
    } else if (node.parent?.name === "Array" && VALUES.has(node.name)) {
      const { from } = node;
      parts.unshift(`[${valuesOf(node.parent).findIndex((one) => one.from === from)}]`);
    }
  }
  return parts.join("").replace(/^\./, "");
}
