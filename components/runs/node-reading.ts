/** What a node's trace says of how it came to its output, read together with the graph. Anything of another shape is left out. */

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A row of a decision table that matched; `row` counts from 1. */
export type MatchedRow = { row: number; of: number; cells: { field: string; value: unknown; condition: string }[] };

export type NodeReading =
  | { kind: "table"; rows: MatchedRow[]; of: number }
  | { kind: "expressions"; rows: { key: string; expression: string; result: unknown }[] }
  | { kind: "switch"; ways: { id: string; condition: string; taken: boolean }[] }
  | { kind: "log"; lines: string[] };

/** `node` is the node of the graph, `details` what its trace says; undefined where there is nothing to tell. */
export function readNode(node: unknown, details: unknown): NodeReading | undefined {
  if (!isObject(node)) return undefined;
  const content = isObject(node["content"]) ? node["content"] : {};
  switch (node["type"]) {
    case "decisionTableNode":
      return readTable(content, details);
    case "expressionNode":
      return readExpressions(content, details);
    case "switchNode":
      return readSwitch(content, details);
    case "functionNode":
      return readLog(details);
    default:
      return undefined;
  }
}

function readTable(content: Json, details: unknown): NodeReading {
  const of = listOf(content["rules"]).length;
  const matches = Array.isArray(details) ? listOf(details) : isObject(details) && "index" in details ? [details] : [];
  const rows = matches.flatMap((match): MatchedRow[] => {
    const index = match["index"];
    return typeof index === "number" ? [{ row: index + 1, of, cells: cellsOf(match) }] : [];
  });
  return { kind: "table", rows, of };
}

// The condition of a column stands under the column's field and, in brackets, its id.
function cellsOf(match: Json): MatchedRow["cells"] {
  const rule = isObject(match["rule"]) ? match["rule"] : {};
  const values = match["reference_map"] ?? match["referenceMap"];
  return Object.entries(rule).flatMap(([name, condition]) => {
    const field = /^(.*)\[[^[\]]*\]$/s.exec(name)?.[1];
    if (field === undefined || textOf(condition) === "") return [];
    return [{ field, value: isObject(values) ? values[field] : undefined, condition: textOf(condition) }];
  });
}

function readExpressions(content: Json, details: unknown): NodeReading | undefined {
  // In a loop there is one for each turn, and the output says enough.
  if (!isObject(details)) return undefined;
  const rows = listOf(content["expressions"]).flatMap((row) => {
    const key = textOf(row["key"]);
    const trace = details[key];
    return isObject(trace) ? [{ key, expression: textOf(row["value"]), result: trace["result"] ?? null }] : [];
  });
  return rows.length === 0 ? undefined : { kind: "expressions", rows };
}

function readSwitch(content: Json, details: unknown): NodeReading | undefined {
  const taken = new Set((isObject(details) ? listOf(details["statements"]) : []).map((one) => one["id"]));
  const ways = listOf(content["statements"]).map((one) => ({
    id: textOf(one["id"]),
    condition: textOf(one["condition"]),
    taken: taken.has(one["id"]),
  }));
  return ways.length === 0 ? undefined : { kind: "switch", ways };
}

// Each value of a console.log is JSON text of its own.
function readLog(details: unknown): NodeReading | undefined {
  const entries = isObject(details) ? listOf(details["log"]) : [];
  const lines = entries.map((entry) => {
    const parts = Array.isArray(entry["lines"]) ? entry["lines"] : [];
    return parts.map((part) => unquoted(textOf(part))).join(" ");
  });
  return lines.length === 0 ? undefined : { kind: "log", lines };
}

function unquoted(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
