/**
 * Everything that keeps a config from being published, with its place. zen itself checks little and says less: a cell with a mistake matches nothing,
 * duplicate ids and a missing output evaluate to something.
 */
import { setImmediate } from "node:timers/promises";
import type { z } from "zod";
import { MAX_PROBLEMS } from "./bounded-list.ts";
import { DecisionGraphSchema, GRAPH_LIMITS, type GraphProblem, type GraphValidity } from "./decision-graph.ts";
import { numberProblems, readNode, type PlacedSource } from "./decision-graph-sources.ts";
import { structureProblems } from "./decision-graph-structure.ts";
import { checkSources } from "./evaluate-check-client.ts";
import { findUnstorable, type JsonValue } from "./evaluate-json.ts";
import type { CheckSource, RunEngineType } from "./evaluate-protocol.ts";

/**
 * Validates the config of an engine of the organization, whose checks run one after another. Resolves within seconds of its turn; rejects with
 * 503 when too many of its configs wait, and when no evaluator child can be started.
 * At most 100 problems are named. Compiling happens in a child process: a hostile expression hangs or crashes nothing of ours.
 */
export async function validateGraph(orgId: string, type: RunEngineType, config: unknown): Promise<GraphValidity> {
  const problems = await findProblems(orgId, type, config);
  return { valid: problems.length === 0, problems: problems.slice(0, MAX_PROBLEMS) };
}

async function findProblems(orgId: string, type: RunEngineType, config: unknown): Promise<GraphProblem[]> {
  const unfit = sizeProblem(config);
  if (unfit) return [unfit];
  const parsed = DecisionGraphSchema.safeParse(config);
  if (!parsed.success) return parsed.error.issues.flatMap((issue) => shapeProblems(issue, config));
  // The largest take a while to parse, and as long to read.
  await setImmediate();

  const graph = parsed.data;
  const contents = graph.nodes.map(readNode);
  const problems = [...structureProblems(graph), ...contents.flatMap((one) => one.problems)];
  if (type !== "placement" && graph.offerings) {
    const message = "Only placement engines place their input against offerings";
    problems.push({ path: "offerings", code: "offerings_not_used", message });
  }
  const sources = contents.flatMap((one) => one.sources);
  // What is found by compiling comes behind these, and would not be named any more.
  if (problems.length >= MAX_PROBLEMS) return problems;
  const numbers = numberProblems(sources);
  const named = new Set(numbers.map(({ path }) => path));
  const compiled = await compileProblems(
    orgId,
    sources.filter(({ path }) => !named.has(path)),
    JSON.stringify(config),
  );
  problems.push(...numbers, ...compiled.problems);
  if (problems.length === 0 && compiled.whole) {
    problems.push({ path: "", code: "not_loadable", message: `The graph cannot be loaded: ${compiled.whole}` });
  }
  return problems;
}

/** Size, depth and texts, before anything looks closer. */
function sizeProblem(config: unknown): GraphProblem | undefined {
  if (depthOf(config, GRAPH_LIMITS.depth + 1) > GRAPH_LIMITS.depth) {
    return { path: "", code: "too_large", message: `The config is nested deeper than ${GRAPH_LIMITS.depth} levels` };
  }
  const chars = JSON.stringify(config)?.length ?? 0;
  if (chars > GRAPH_LIMITS.chars) {
    const message = `The config has ${chars} characters; at most ${GRAPH_LIMITS.chars} are allowed`;
    return { path: "", code: "too_large", message };
  }
  const unstorable = findUnstorable(config as JsonValue, "");
  if (!unstorable) return undefined;
  return { path: unstorable.path.replace(/^\./, ""), code: "unstorable", message: `The value ${unstorable.message}` };
}

/** How deep a value is nested, or `most` when it is at least that. */
function depthOf(value: unknown, most: number): number {
  if (typeof value !== "object" || value === null || most === 0) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner, most - 1));
  return deepest + 1;
}

function shapeProblems(issue: z.core.$ZodIssue, config: unknown): GraphProblem[] {
  const path = pathOf(issue.path);
  const nodeId = nodeIdAt(issue.path, config);
  const from = nodeId === undefined ? {} : { node_id: nodeId };
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, MAX_PROBLEMS).map((key) => {
      return {
        path: path === "" ? key : `${path}.${key}`,
        code: "invalid_shape" as const,
        message: "The field is unknown",
      };
    });
  }
  const code =
    issue.code === "too_big"
      ? "too_large"
      : issue.path.at(-1) === "id" && issue.code === "custom"
        ? "duplicate_id"
        : "invalid_shape";
  return [{ path, code, message: `The value ${wordsOf(issue.message)}`, ...from }];
}

/** What zod says of a value, in words that follow "The value". */
function wordsOf(message: string): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (expected === undefined) return message.replace(/^Invalid input: /, "is not right: ");
  return received === "undefined"
    ? `is missing, and must be of type ${expected}`
    : `must be of type ${expected}, not ${received}`;
}

/** `nodes[2].content.rules[0].amount` */
function pathOf(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path)
    text += typeof part === "number" ? `[${part}]` : text === "" ? String(part) : `.${String(part)}`;
  return text;
}

function nodeIdAt(path: readonly PropertyKey[], config: unknown): string | undefined {
  if (path[0] !== "nodes" || typeof path[1] !== "number") return undefined;
  const id = (config as { nodes: { id?: unknown }[] }).nodes[path[1]]?.id;
  return typeof id === "string" ? id : undefined;
}

/** Compiles each text once, however often it stands in the graph, and names every place of one with a mistake. */
async function compileProblems(
  orgId: string,
  sources: readonly PlacedSource[],
  config: string,
): Promise<{ problems: GraphProblem[]; whole: string | undefined }> {
  const places = Map.groupBy(sources, ({ kind, text }) => `${kind} ${text}`);
  const unique: CheckSource[] = [...places.values()].map(([first]) => ({ kind: first!.kind, text: first!.text }));
  const checked = await checkSources(orgId, unique, config);
  const problems = checked.problems.flatMap(([index, message]) => {
    const { kind, text } = unique[index]!;
    return places.get(`${kind} ${text}`)!.map((place): GraphProblem => {
      return {
        path: place.path,
        code: CODES[kind],
        message: `${wordsFor(kind, text)}: ${message}`,
        node_id: place.nodeId,
      };
    });
  });
  return { problems, whole: checked.whole };
}

const CODES = {
  expression: "expression_invalid",
  unary: "expression_invalid",
  function: "function_invalid",
  schema: "schema_invalid",
} as const;

function wordsFor(kind: CheckSource["kind"], text: string): string {
  if (kind === "function") return "The function";
  return kind === "schema" ? "The schema cannot be used" : `The expression ${clip(text)}`;
}

function clip(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`.toWellFormed();
}
