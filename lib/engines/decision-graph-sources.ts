/** What stands in the nodes of a graph: the expressions and functions to compile, each with its place, and what is wrong without compiling. */
import type { GraphNode, GraphProblem } from "./decision-graph.ts";
import { findRemoteReference } from "./evaluate-hazards.ts";
import { findForbiddenImport } from "./evaluate-imports.ts";
import type { JsonValue } from "./evaluate-json.ts";
import type { CheckSource } from "./evaluate-protocol.ts";

/** A text to compile and where it stands. */
export type PlacedSource = CheckSource & { path: string; nodeId: string };

export type NodeContents = { sources: PlacedSource[]; problems: GraphProblem[] };

type Of<T extends GraphNode["type"]> = Extract<GraphNode, { type: T }>;

/** Reads one node, which stands at `nodes[index]`. */
export function readNode(node: GraphNode, index: number): NodeContents {
  const at = `nodes[${index}].content`;
  switch (node.type) {
    case "inputNode":
    case "outputNode":
      return { sources: [], problems: schemaProblems(node, `${at}.schema`) };
    case "expressionNode":
      return readExpressions(node, at);
    case "decisionTableNode":
      return readTable(node, at);
    case "switchNode":
      return readSwitch(node, at);
    default:
      return readFunction(node, `${at}.source`);
  }
}

function readExpressions(node: Of<"expressionNode">, at: string): NodeContents {
  const sources = inputField(node, at);
  const problems: GraphProblem[] = [];
  for (const [row, { key, value }] of node.content.expressions.entries()) {
    const path = `${at}.expressions[${row}]`;
    // An empty row is what editors leave behind; zen skips it. Half a row is a mistake that zen skips too.
    if (key.trim() === "" && value.trim() === "") continue;
    if (key.trim() === "") problems.push(missing(`${path}.key`, "The expression has no field to go to", node));
    if (value.trim() === "") problems.push(missing(`${path}.value`, `"${key}" has no expression`, node));
    else sources.push({ kind: "expression", text: value, path: `${path}.value`, nodeId: node.id });
  }
  return { sources, problems };
}

function readTable(node: Of<"decisionTableNode">, at: string): NodeContents {
  const { inputs, outputs, rules } = node.content;
  const sources = inputField(node, at);
  const problems = columnProblems(node, at);
  for (const [column, { field }] of inputs.entries()) {
    if (field?.trim())
      sources.push({ kind: "expression", text: field, path: `${at}.inputs[${column}].field`, nodeId: node.id });
  }
  for (const [row, rule] of rules.entries()) {
    for (const column of [...inputs, ...outputs]) {
      const path = `${at}.rules[${row}].${column.id}`;
      const cell = rule[column.id];
      if (cell === undefined) {
        const message = `The rule has no cell for the column "${column.name || column.id}" and would never match; an empty one matches everything`;
        problems.push({ path, code: "cell_missing", message, node_id: node.id });
      } else if (cell.trim() !== "") {
        const isUnary = inputs.includes(column as (typeof inputs)[number]) && Boolean(column.field?.trim());
        sources.push({ kind: isUnary ? "unary" : "expression", text: cell.trim(), path, nodeId: node.id });
      }
    }
  }
  return { sources, problems };
}

function columnProblems(node: Of<"decisionTableNode">, at: string): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const seen = new Set<string>();
  for (const list of ["inputs", "outputs"] as const) {
    for (const [column, { id, name, field }] of node.content[list].entries()) {
      const path = `${at}.${list}[${column}]`;
      if (seen.has(id)) {
        const message = `Another column has the id "${id}" already`;
        problems.push({ path: `${path}.id`, code: "duplicate_id", message, node_id: node.id });
      }
      seen.add(id);
      if (list === "outputs" && !field?.trim()) {
        problems.push(missing(`${path}.field`, `The column "${name || id}" has no field to go to`, node));
      }
    }
  }
  return problems;
}

function readSwitch(node: Of<"switchNode">, at: string): NodeContents {
  const sources: PlacedSource[] = [];
  const problems: GraphProblem[] = [];
  const seen = new Set<string>();
  for (const [row, { id, condition }] of node.content.statements.entries()) {
    const path = `${at}.statements[${row}]`;
    if (seen.has(id)) {
      const message = `Another statement has the id "${id}" already`;
      problems.push({ path: `${path}.id`, code: "duplicate_id", message, node_id: node.id });
    }
    seen.add(id);
    // Empty is "otherwise".
    if (condition.trim() === "") continue;
    sources.push({ kind: "expression", text: condition, path: `${path}.condition`, nodeId: node.id });
  }
  return { sources, problems };
}

function readFunction(node: Of<"functionNode">, path: string): NodeContents {
  const text = node.content.source;
  const forbidden = findForbiddenImport(text);
  if (forbidden) {
    return { sources: [], problems: [{ path, code: "forbidden_import", message: forbidden, node_id: node.id }] };
  }
  return { sources: [{ kind: "function", text, path, nodeId: node.id }], problems: [] };
}

function schemaProblems(node: Of<"inputNode"> | Of<"outputNode">, path: string): GraphProblem[] {
  const text = node.content?.schema;
  if (!text?.trim()) return [];
  const wrong = (message: string): GraphProblem[] => [{ path, code: "schema_invalid", message, node_id: node.id }];
  let schema: JsonValue;
  try {
    schema = JSON.parse(text) as JsonValue;
  } catch (error) {
    return wrong(`The schema is not JSON: ${(error as Error).message}`);
  }
  const where = findRemoteReference(schema);
  return where
    ? wrong(`The schema refers to another document at ${where}; only references within it (#/…) are followed`)
    : [];
}

function inputField(node: Of<"expressionNode"> | Of<"decisionTableNode">, at: string): PlacedSource[] {
  const text = node.content.inputField;
  return text?.trim() ? [{ kind: "expression", text, path: `${at}.inputField`, nodeId: node.id }] : [];
}

function missing(path: string, message: string, node: GraphNode): GraphProblem {
  return { path, code: "field_missing", message, node_id: node.id };
}
