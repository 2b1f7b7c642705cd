/**
 * The shape of an engine's config: a decision graph in the open JSON Decision Model, `{nodes, edges}`, as editors of that model write it.
 * A placement engine's config may carry its own `offerings` beside them, for runs that send none.
 *
 * Fields that editors add to nodes and edges (position, description, …) are kept and mean nothing here.
 */
import { z } from "zod";
import { boundedList, boundedTexts } from "./bounded-list.ts";
import { MAX_OFFERINGS, MAX_OFFERING_ID } from "./evaluate-input.ts";

/** Limits of one config. */
export const GRAPH_LIMITS = {
  /** Characters of the config as JSON text. */
  chars: 1024 * 1024,
  nodes: 200,
  edges: 1_000,
  rules: 5_000,
  columns: 100,
  /** Of one rule, with what editors keep beside the cells of columns. */
  cells: 1_000,
  expressions: 1_000,
  fieldPath: 500,
  /** Characters of one expression, and of one function's source. */
  expression: 8_192,
  source: 65_536,
  /** Nesting of the config as a whole. */
  depth: 32,
} as const;

const tooLongSource = `is longer than ${GRAPH_LIMITS.source} characters`;
const id = z.string().min(1, "must not be empty").max(200, "has more than 200 characters");
const name = z.string().max(200, "has more than 200 characters");
const expression = z
  .string()
  .max(GRAPH_LIMITS.expression, `is longer than ${GRAPH_LIMITS.expression} characters, the most for one expression`);
const schemaText = z.string().max(GRAPH_LIMITS.source, tooLongSource).nullish();
/** Where a value is written: a name, or names with dots between them. What each name may be is said by decision-graph-fields.ts. */
const fieldPath = z.string().max(GRAPH_LIMITS.fieldPath, `has more than ${GRAPH_LIMITS.fieldPath} characters`);

/** How a node takes its input and gives its output; of tables, expressions and decisions. */
const transform = {
  inputField: expression.nullish(),
  outputPath: fieldPath.nullish(),
  executionMode: z.enum(["single", "loop"]).optional(),
  passThrough: z.boolean().optional(),
};

const base = { id, name };

const InputNode = z.looseObject({
  ...base,
  type: z.literal("inputNode"),
  content: z.looseObject({ schema: schemaText }).optional(),
});
const OutputNode = z.looseObject({
  ...base,
  type: z.literal("outputNode"),
  content: z.looseObject({ schema: schemaText }).optional(),
});
const ExpressionNode = z.looseObject({
  ...base,
  type: z.literal("expressionNode"),
  content: z.looseObject({
    ...transform,
    expressions: boundedList(
      z.looseObject({ id, key: fieldPath, value: expression }),
      GRAPH_LIMITS.expressions,
      "expressions",
    ),
  }),
});
const TableNode = z.looseObject({
  ...base,
  type: z.literal("decisionTableNode"),
  content: z.looseObject({
    ...transform,
    hitPolicy: z.enum(["first", "collect"]),
    inputs: boundedList(z.looseObject({ id, name, field: expression.nullish() }), GRAPH_LIMITS.columns, "columns"),
    outputs: boundedList(z.looseObject({ id, name, field: fieldPath }), GRAPH_LIMITS.columns, "columns"),
    rules: boundedList(boundedTexts(expression, GRAPH_LIMITS.cells), GRAPH_LIMITS.rules, "rules"),
  }),
});
const SwitchNode = z.looseObject({
  ...base,
  type: z.literal("switchNode"),
  content: z.looseObject({
    hitPolicy: z.enum(["first", "collect"]).optional(),
    statements: boundedList(z.looseObject({ id, condition: expression }), GRAPH_LIMITS.columns, "statements"),
  }),
});
const FunctionNode = z.looseObject({
  ...base,
  type: z.literal("functionNode"),
  content: z.looseObject(
    { source: z.string().max(GRAPH_LIMITS.source, tooLongSource) },
    'must be an object with "source", a module that exports a handler',
  ),
});

/** Node types that can be evaluated here, by their `type`. */
export const NodeSchema = z.discriminatedUnion(
  "type",
  [InputNode, OutputNode, ExpressionNode, TableNode, SwitchNode, FunctionNode],
  "must be one of inputNode, outputNode, expressionNode, decisionTableNode, switchNode, functionNode",
);

export const EdgeSchema = z.looseObject({
  id,
  sourceId: id,
  targetId: id,
  sourceHandle: z.string().nullish(),
});

/** One thing to place the input against. What is in it beside `id` and `name` is for the graph to read. */
export const OfferingSchema = z
  .looseObject({
    id: z.string().min(1, "must not be empty").max(MAX_OFFERING_ID, `has more than ${MAX_OFFERING_ID} characters`),
    name: z.string().max(200).optional(),
  })
  .meta({ id: "Offering" });

/** A run's offerings, or a config's: at least one, ids unique. */
export const OfferingsSchema = boundedList(OfferingSchema, MAX_OFFERINGS, "entries").superRefine(
  (offerings, context) => {
    if (offerings.length === 0) context.addIssue({ code: "custom", message: "must not be empty" });
    const seen = new Set<string>();
    for (const [index, offering] of offerings.entries()) {
      if (seen.has(offering.id)) {
        context.addIssue({ code: "custom", path: [index, "id"], message: "is the id of an earlier offering too" });
      }
      seen.add(offering.id);
    }
  },
);

/** A whole config. */
export const DecisionGraphSchema = z.strictObject({
  contentType: z.string().optional(),
  nodes: boundedList(NodeSchema, GRAPH_LIMITS.nodes, "nodes"),
  edges: boundedList(EdgeSchema, GRAPH_LIMITS.edges, "edges"),
  offerings: OfferingsSchema.optional(),
});

export type DecisionGraph = z.infer<typeof DecisionGraphSchema>;
export type GraphNode = z.infer<typeof NodeSchema>;
export type GraphEdge = z.infer<typeof EdgeSchema>;

/** Kinds of problems. Closed; `message` says the rest. */
export const GRAPH_PROBLEM_CODES = [
  "too_large",
  "unstorable",
  "invalid_shape",
  "duplicate_id",
  "unknown_node",
  "unknown_handle",
  "input_count",
  "output_missing",
  "unreachable",
  "dead_end",
  "cycle",
  "cell_missing",
  "field_missing",
  "field_invalid",
  "expression_invalid",
  "function_invalid",
  "schema_invalid",
  "forbidden_import",
  "offerings_not_used",
  "not_loadable",
] as const;

/**
 * What keeps a config from being published. `path` is within the config, such as `nodes[2].content.rules[0].amount`; it is empty for the config
 * as a whole. `node_id` is there when one node is to blame.
 */
export type GraphProblem = {
  path: string;
  code: (typeof GRAPH_PROBLEM_CODES)[number];
  message: string;
  node_id?: string;
};

export type GraphValidity = { valid: boolean; problems: GraphProblem[] };
