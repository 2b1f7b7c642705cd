/**
 * Lays JSON out for reading: what is short and simple stands on one line, so that a rule of a decision table, an edge or an expression is one
 * line too. Only white space changes: numbers and texts stay as they are written. Pure.
 */

const WIDTH = 100;
const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** A value, and how it is written on one line where that can be. */
type Piece = { line: string | undefined; open?: "{" | "["; items?: { key: string | undefined; value: Piece }[] };

/** The text laid out anew. Throws a SyntaxError for what is not JSON. */
export function formatJson(text: string): string {
  JSON.parse(text);
  const tokens = text.match(TOKEN) ?? [];
  let next = 0;
  const read = (): Piece => {
    const token = tokens[next++]!;
    return token === "{" || token === "[" ? readItems(token) : { line: token };
  };
  const readItems = (open: "{" | "["): Piece => {
    const items: NonNullable<Piece["items"]> = [];
    const close = open === "{" ? "}" : "]";
    while (tokens[next] !== close) {
      if (tokens[next] === ",") next++;
      let key: string | undefined;
      if (open === "{") {
        key = tokens[next]!;
        next += 2;
      }
      items.push({ key, value: read() });
    }
    next++;
    return { open, items, line: lineOf(open, items) };
  };
  return print(read(), "", 0);
}

/** Undefined for what is too long or has too much in it for one line: a list of objects or lists always has. */
function lineOf(open: "{" | "[", items: NonNullable<Piece["items"]>): string | undefined {
  if (items.length === 0) return open === "{" ? "{}" : "[]";
  const parts: string[] = [];
  let length = 4;
  for (const { key, value } of items) {
    if (value.line === undefined || (open === "[" && (value.items?.length ?? 0) > 0)) return undefined;
    const part = key === undefined ? value.line : `${key}: ${value.line}`;
    length += part.length + 2;
    if (length > WIDTH) return undefined;
    parts.push(part);
  }
  return open === "{" ? `{ ${parts.join(", ")} }` : `[${parts.join(", ")}]`;
}

/** `before` is how much stands on the line already. */
function print(piece: Piece, indent: string, before: number): string {
  const isRoot = indent === "" && before === 0;
  const fits = piece.line !== undefined && before + piece.line.length <= WIDTH;
  if (piece.items === undefined || piece.items.length === 0 || (fits && !isRoot)) return piece.line ?? "";
  const inner = `${indent}  `;
  const lines = piece.items.map(({ key, value }) => {
    const start = key === undefined ? inner : `${inner}${key}: `;
    return start + print(value, inner, start.length);
  });
  return `${piece.open}\n${lines.join(",\n")}\n${indent}${piece.open === "{" ? "}" : "]"}`;
}
