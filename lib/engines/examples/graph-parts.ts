/** Parts of a decision graph in the open JSON Decision Model, so that the examples read as the decisions they are. */

type Node = { id: string; type: string; name: string; position: { x: number; y: number }; content?: object };
type Edge = { id: string; type: "edge"; sourceId: string; targetId: string };

/** A graph whose nodes stand in one line, each fed by the one before it. */
export function chain(...nodes: Omit<Node, "position">[]): { nodes: Node[]; edges: Edge[] } {
  return {
    nodes: nodes.map((node, index) => ({ ...node, position: { x: 80 + 280 * index, y: 160 } })),
    edges: nodes.slice(1).map((node, index) => ({
      id: `${nodes[index]!.id}-${node.id}`,
      type: "edge",
      sourceId: nodes[index]!.id,
      targetId: node.id,
    })),
  };
}

/** Where the context comes in. What does not match the JSON schema is refused with the path of what is missing or wrong. */
export function input(schema: object) {
  return { id: "input", type: "inputNode", name: "Request", content: { schema: JSON.stringify(schema) } };
}

/** The JSON schema of an object that has all of these fields, and may have more. */
export function objectOf(properties: Record<string, object>) {
  return { type: "object", required: Object.keys(properties), properties };
}

export const output = { id: "output", type: "outputNode", name: "Answer" };

/**
 * Computes fields, each from the context and, as `$.name`, from those before it. With `passThrough` they join the context;
 * without it they are the answer.
 */
export function expressions(
  id: string,
  name: string,
  fields: Record<string, string>,
  { passThrough = true }: { passThrough?: boolean } = {},
) {
  return {
    id,
    type: "expressionNode",
    name,
    content: {
      expressions: Object.entries(fields).map(([key, value]) => ({ id: `${id}-${key}`, key, value })),
      passThrough,
      inputField: null,
      outputPath: null,
      executionMode: "single",
    },
  };
}

/** A decision table: the first row whose cells all hold answers. An empty cell holds always. The answer joins the context. */
export function table(
  id: string,
  name: string,
  columns: { inputs: Record<string, string>; outputs: readonly string[] },
  rows: readonly (readonly string[])[],
) {
  const inputs = Object.entries(columns.inputs).map(([label, field], n) => ({
    id: `${id}-in-${n}`,
    name: label,
    field,
  }));
  const outputs = columns.outputs.map((field, n) => ({ id: `${id}-out-${n}`, name: field, field }));
  const cells = [...inputs, ...outputs];
  return {
    id,
    type: "decisionTableNode",
    name,
    content: {
      hitPolicy: "first",
      inputs,
      outputs,
      rules: rows.map((row, n) => ({
        _id: `${id}-row-${n}`,
        ...Object.fromEntries(cells.map((cell, column) => [cell.id, row[column] ?? ""])),
      })),
      passThrough: true,
      inputField: null,
      outputPath: null,
      executionMode: "single",
    },
  };
}
