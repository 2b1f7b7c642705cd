/**
 * The shape of an engine's config: a decision graph in the open JSON Decision Model, `{nodes, edges}`, as editors of that model write it.
 * A placement engine's config may carry its own `offerings` beside them, for runs that send none.
 *
 * Fields that editors add to nodes and edges (position, description, …) are kept and mean nothing here.
 */
import { z } from "zod";
import { MAX_OFFERINGS, MAX_OFFERING_ID } from "./evaluate-input.ts";

/** Limits of one config. */
export const GRAPH_LIMITS = {
  /** Characters of the config as JSON text. */
  chars: 1024 * 1024,
  nodes: 200,
  edges: 1_000,
  rules: 5_000,
  columns: 100,
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
const tooManyColumns = `has more than ${GRAPH_LIMITS.columns} columns`;

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
    expressions: z
      .array(z.looseObject({ id, key: fieldPath, value: expression }))
      .max(GRAPH_LIMITS.expressions, `has more than ${GRAPH_LIMITS.expressions} expressions`),
  }),
});
const TableNode = z.looseObject({
  ...base,
  type: z.literal("decisionTableNode"),
  content: z.looseObject({
    ...transform,
    hitPolicy: z.enum(["first", "collect"]),
    inputs: z.array(z.looseObject({ id, name, field: expression.nullish() })).max(GRAPH_LIMITS.columns, tooManyColumns),
    outputs: z.array(z.looseObject({ id, name, field: fieldPath })).max(GRAPH_LIMITS.columns, tooManyColumns),
    rules: z
      .array(z.record(z.string(), expression))
      .max(GRAPH_LIMITS.rules, `has more than ${GRAPH_LIMITS.rules} rules`),
  }),
});
const SwitchNode = z.looseObject({
  ...base,
  type: z.literal("switchNode"),
  content: z.looseObject({
    hitPolicy: z.enum(["first", "collect"]).optional(),
    statements: z
      .array(z.looseObject({ id, condition: expression }))
      .max(GRAPH_LIMITS.columns, `has more than ${GRAPH_LIMITS.columns} statements`),
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
export const OfferingsSchema = z
  .array(OfferingSchema)
  .min(1, "must not be empty")
  .max(MAX_OFFERINGS, `has more than ${MAX_OFFERINGS} entries`)
  .superRefine((offerings, context) => {
    const seen = new Set<string>();
    for (const [index, offering] of offerings.entries()) {
      if (seen.has(offering.id)) {
        context.addIssue({ code: "custom", path: [index, "id"], message: "is the id of an earlier offering too" });
      }
      seen.add(offering.id);
    }
  });

/** A whole config. */
export const DecisionGraphSchema = z.strictObject({
  contentType: z.string().optional(),
  nodes: z.array(NodeSchema).max(GRAPH_LIMITS.nodes, `has more than ${GRAPH_LIMITS.nodes} nodes`),
  edges: z.array(EdgeSchema).max(GRAPH_LIMITS.edges, `has more than ${GRAPH_LIMITS.edges} edges`),
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
