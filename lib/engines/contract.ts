/**
 * What the callers of an engine rely on: the names and types of its input and output fields, read from its config. Publishing compares the
 * contract of a draft with that of the version before it, and that decides between a minor and a major version. Pure.
 *
 * - Input fields are those of the input node's JSON schema where there is one, else those that expressions, tables and switches read from what
 *   comes in; of a placement engine only what is in `input` or `offering`. Without a schema nothing is required, and types are those that what is
 *   always done with a field allows (expression-uses.ts): it is another type where none of them is one that it could be before.
 * - Output fields are those of the output nodes' JSON schemas where there are any, else those that the nodes write which feed the output, with types
 *   and what is in literals where the words of their expressions tell. What every answer of the engine's type has (`score`, `findings`) is always there.
 *
 * What cannot be known counts as unchanged. That is: every field of configs that are no graph (an `http` engine's too); what functions read and
 * write, for a field that seems to be gone and for types; what an expression reads with keys or of lists that it computes itself
 * (expression-reads.ts); types that neither a schema nor the words of an expression tell; fields of one whose own fields are not told; names that a
 * schema's patterns may match, or what it refers to outside of itself has; and all of a graph that is more than people write (shape.ts,
 * `Effort`). Only names, types and whether an input is required are looked at: what a schema says of values (`enum`, `pattern`, `minimum`,
 * `not`, `additionalProperties`) is not, but for their types.
 */
import { flowOf, type GraphFlow } from "./contract-flow.ts";
import type { EngineType } from "../generated/prisma/enums.ts";
import { DecisionGraphSchema, type DecisionGraph } from "./decision-graph.ts";
import { NOT_REPEATED } from "./evaluate-result.ts";
import { parseSchema, shapeOfSchema } from "./schema-shape.ts";
import { beside, Effort, either, only, type Shape, UNTOLD } from "./shape.ts";

/** Named is in the shapes what callers rely on; beside it stands what is there as well: read though no schema names it, or passed through. */
export type Contract = {
  input: Shape;
  output: Shape;
  /** Whether the input's own fields, whatever they are, stand in the output too: a promise where no schema says what does. */
  inputInOutput: "promised" | "there" | "no";
};

/** The contract of a config, valid or not. */
export function contractOf(type: EngineType, config: unknown): Contract {
  const graph = type === "http" ? undefined : DecisionGraphSchema.safeParse(config).data;
  if (!graph || type === "http") return { input: UNTOLD, output: UNTOLD, inputInOutput: "no" };
  const flow = flowOf(graph);
  const effort = new Effort();
  const declaredInput = schemaOf(graph, "inputNode", effort);
  const declaredOutput = schemaOf(graph, "outputNode", effort);
  const input = declaredInput ? beside(declaredInput, flow.reads) : flow.reads;
  const output = outputOf(flow, input, declaredOutput);
  if (type === "placement") return placementContract(input, output);
  return {
    input,
    output: withFields(output, [["findings", { ...(output.fields.get("findings") ?? UNTOLD), ...FINDINGS }]]),
    inputInOutput: !flow.output.seesInput ? "no" : declaredOutput ? "there" : "promised",
  };
}

function outputOf({ output }: GraphFlow, input: Shape, declared: Shape | undefined): Shape {
  const written = declared ? beside(declared, output.shape) : output.shape;
  return output.seesInput ? beside(written, input) : written;
}

/** What every answer of the engine's type has. */
const FINDINGS = { types: only("array").types, isNamed: true };
const PLACED: readonly [string, Shape][] = [
  ["eligible", only("boolean")],
  ["score", only("number")],
  ["reasons", only("array")],
];

const withFields = (shape: Shape, fields: readonly (readonly [string, Shape])[]): Shape => ({
  ...shape,
  fields: new Map([...shape.fields, ...fields]),
});

/** A graph of a placement engine sees `{input, offering}`, and what it answers becomes solutions. */
function placementContract(input: Shape, output: Shape): Contract {
  // The context is always whole: nobody can leave these two out.
  const context = ["input", "offering"].map(
    (name) =>
      [name, { ...(input.fields.get(name) ?? { ...UNTOLD, isOpen: input.isOpen }), isRequired: false }] as const,
  );
  const own = [...output.fields].filter(([name]) => !NOT_REPEATED.has(name));
  return {
    input: { ...input, fields: new Map(context) },
    output: { ...output, fields: new Map([...own, ...PLACED]) },
    inputInOutput: "no",
  };
}

/** The shapes of the schemas of all nodes of this type together; undefined where none has one. */
function schemaOf(graph: DecisionGraph, type: "inputNode" | "outputNode", effort: Effort): Shape | undefined {
  const shapes = graph.nodes.flatMap((node) =>
    node.type === type ? (shapeOfSchema(parseSchema(node.content?.schema), effort) ?? []) : [],
  );
  if (effort.isSpent) return UNTOLD;
  return shapes.length === 0 ? undefined : shapes.reduce((a, b) => either(a, b, effort));
}
