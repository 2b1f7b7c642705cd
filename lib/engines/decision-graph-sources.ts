/** What stands in the nodes of a graph: the expressions and functions to compile, each with its place, and what is wrong without compiling. */
import { MAX_PROBLEMS } from "./bounded-list.ts";
import type { GraphNode, GraphProblem } from "./decision-graph.ts";
import { fieldPathProblem } from "./decision-graph-fields.ts";
import { readSchema } from "./decision-graph-schemas.ts";
import { findForbiddenImport } from "./evaluate-imports.ts";
import type { CheckSource } from "./evaluate-protocol.ts";
import { findUnfitNumber } from "./expression-text.ts";

/** A text to compile and where it stands. */
export type PlacedSource = CheckSource & { path: string; nodeId: string };

export type NodeContents = { sources: PlacedSource[]; problems: GraphProblem[] };

type Of<T extends GraphNode["type"]> = Extract<GraphNode, { type: T }>;

/** Reads one node, which stands at `nodes[index]`; of a table with a hundred problems no more than these. */
export function readNode(node: GraphNode, index: number): NodeContents {
  const at = `nodes[${index}].content`;
  switch (node.type) {
    case "inputNode":
    case "outputNode":
      return readSchema(node, `${at}.schema`);
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
  const problems = outputPathProblems(node, at);
  for (const [row, { key, value }] of node.content.expressions.entries()) {
    const path = `${at}.expressions[${row}]`;
    // An empty row is what editors leave behind; zen skips it. Half a row is a mistake that zen skips too.
    if (key.trim() === "" && value.trim() === "") continue;
    if (key.trim() === "") problems.push(missing(`${path}.key`, "The expression has no field to go to", node));
    else problems.push(...fieldProblems(key, `${path}.key`, node));
    if (value.trim() === "") problems.push(missing(`${path}.value`, `"${key}" has no expression`, node));
    else sources.push({ kind: "expression", text: value, path: `${path}.value`, nodeId: node.id });
  }
  return { sources, problems };
}

function readTable(node: Of<"decisionTableNode">, at: string): NodeContents {
  const { inputs, outputs, rules } = node.content;
  const sources = inputField(node, at);
  const problems = [...outputPathProblems(node, at), ...columnProblems(node, at)];
  for (const [column, { field }] of inputs.entries()) {
    if (field?.trim())
      sources.push({ kind: "expression", text: field, path: `${at}.inputs[${column}].field`, nodeId: node.id });
  }
  const columns = [
    ...inputs.map(({ id, name, field }) => ({
      id,
      name,
      kind: field?.trim() ? ("unary" as const) : ("expression" as const),
    })),
    ...outputs.map(({ id, name }) => ({ id, name, kind: "expression" as const })),
  ];
  for (const [row, rule] of rules.entries()) {
    // Empty rules of many columns take little room in a config, and would miss millions of cells.
    if (problems.length >= MAX_PROBLEMS) break;
    for (const { id, name, kind } of columns) {
      const path = `${at}.rules[${row}].${id}`;
      const cell = Object.hasOwn(rule, id) ? rule[id] : undefined;
      if (cell === undefined) {
        const message = `The rule has no cell for the column "${name || id}" and would never match; an empty one matches everything`;
        problems.push({ path, code: "cell_missing", message, node_id: node.id });
      } else if (cell.trim() !== "") {
        sources.push({ kind, text: cell.trim(), path, nodeId: node.id });
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
      // No rule can have a cell of that name: it stands for what an object inherits from.
      if (id === "__proto__") problems.push(...fieldProblems(id, `${path}.id`, node));
      if (list === "inputs") continue;
      if (!field?.trim())
        problems.push(missing(`${path}.field`, `The column "${name || id}" has no field to go to`, node));
      else problems.push(...fieldProblems(field, `${path}.field`, node));
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

function inputField(node: Of<"expressionNode"> | Of<"decisionTableNode">, at: string): PlacedSource[] {
  const text = node.content.inputField;
  return text?.trim() ? [{ kind: "expression", text, path: `${at}.inputField`, nodeId: node.id }] : [];
}

function missing(path: string, message: string, node: GraphNode): GraphProblem {
  return { path, code: "field_missing", message, node_id: node.id };
}

function outputPathProblems(node: Of<"expressionNode"> | Of<"decisionTableNode">, at: string): GraphProblem[] {
  const path = node.content.outputPath;
  return path?.trim() ? fieldProblems(path, `${at}.outputPath`, node) : [];
}

function fieldProblems(field: string, path: string, node: GraphNode): GraphProblem[] {
  const problem = fieldPathProblem(field);
  return problem ? [{ path, code: "field_invalid", message: `The field "${field}" ${problem}`, node_id: node.id }] : [];
}

/** The expressions whose numbers the engine would make text of, or could not read. */
export function numberProblems(sources: readonly PlacedSource[]): GraphProblem[] {
  return sources.flatMap(({ kind, text, path, nodeId }): GraphProblem[] => {
    const number = kind === "function" || kind === "schema" ? undefined : findUnfitNumber(text);
    if (number === undefined) return [];
    const message = `The number ${number} is beyond ±9223372036854775807 or has more than 28 decimal places, with which the engine cannot calculate; write it as text`;
    return [{ path, code: "expression_invalid", message, node_id: nodeId }];
  });
}
