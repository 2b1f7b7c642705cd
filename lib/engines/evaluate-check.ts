/**
 * Compiles the expressions and functions of a graph without evaluating them, because zen itself swallows most mistakes: a bad cell of a
 * decision table is "no match", a bad condition of a switch is false. Runs only inside an evaluator child: zen can be made to hang or abort.
 */
import {
  ZenEngine,
  evaluateExpressionSync,
  evaluateUnaryExpression,
  evaluateUnaryExpressionSync,
} from "@gorules/zen-engine";
import { FUNCTION_LOCK } from "./evaluate-hazards.ts";
import { isJsonObject, own, type JsonValue } from "./evaluate-json.ts";
import type { CheckSource } from "./evaluate-protocol.ts";
import { loadConfig } from "./evaluate-run.ts";

// The expression stands in the branch that is not taken, so it is parsed and compiled but never run. It ends the text: nothing can close it early.
const NOT_TAKEN = "true ? null : ";
// Modules are parsed whole and their imports resolved before the first statement runs, and this is the first statement.
const COMPILED = "nexio: compiled";
// It names nothing that the source could declare, which would run it; and should anything run all the same, it is locked in.
const THROW_AT_ONCE = `${FUNCTION_LOCK}throw ${JSON.stringify(COMPILED)};`;

const engine = new ZenEngine({ httpHandler: () => Promise.reject(new Error("no network")) });

// What is not a ternary's branch cannot be kept from running, and ranges are all that can make it run long with no data to work on.
// On a thread of zen's, our own loop stays free, and with it our end when the parent is gone.
const MAY_RUN_LONG = /\.\./;

/** What is wrong with a source, in words, or undefined. */
export async function checkSource(source: CheckSource): Promise<string | undefined> {
  if (source.kind === "function") return checkFunction(source.text);
  if (source.kind === "schema") return checkSchema(source.text);
  try {
    if (source.kind === "expression") evaluateExpressionSync(NOT_TAKEN + source.text, {});
    else if (MAY_RUN_LONG.test(source.text)) await evaluateUnaryExpression(source.text, { $: null });
    else evaluateUnaryExpressionSync(source.text, { $: null });
    return undefined;
  } catch (thrown) {
    return explainExpression(source, thrown);
  }
}

/** Loads the whole config as a run would: catches what the shape checks let through. */
export function checkWhole(config: string): string | undefined {
  try {
    loadConfig(config).decision.validate();
    return undefined;
  } catch (thrown) {
    const message = (thrown as Error).message.split("\n", 1)[0]!;
    return message.startsWith("{") ? "the engine refuses the graph" : message;
  }
}

function explainExpression(source: CheckSource, thrown: unknown): string | undefined {
  const parsed = parse((thrown as Error).message);
  const type = parsed && own(parsed, "type");
  // It compiled, and failed on the null that stands for every value here.
  if (type !== "lexerError" && type !== "parserError" && type !== "compilerError") return undefined;
  const text = String(own(parsed as { source: JsonValue }, "source"));
  if (text === "Incomplete parser output") return unknownFunction(source.text) ?? "it is not a complete expression";
  const shift = source.kind === "unary" ? 0 : NOT_TAKEN.length;
  return text
    .replace(/ at \((\d+), \d+\)/, (_, position: string) => ` at character ${Number(position) - shift + 1}`)
    .replace(/^(Un[^:]*): (.*) at (\d+)$/s, (_, what: string, character: string, position: string) => {
      return `${what}: ${character} at character ${Number(position) - shift + 1}`;
    });
}

// zen calls an unknown function "incomplete": the name alone is an expression, and what follows is too much.
function unknownFunction(text: string): string | undefined {
  for (const [, name] of text.matchAll(/(?<![.\w"'`])([A-Za-z_]\w*)\s*\(/g)) {
    if (!FUNCTIONS.has(name!)) return `there is no function ${name}`;
  }
  return undefined;
}

const FUNCTIONS = new Set(
  (
    "len contains flatten upper lower trim startsWith endsWith matches extract fuzzyMatch split abs sum avg min max rand median mode floor ceil " +
    "round trunc isNumeric string number bool type keys values d date time duration year dayOfWeek dayOfMonth dayOfYear weekOfYear monthOfYear " +
    "monthString dateString weekdayString startOf endOf all some none one filter map flatMap count not in and or"
  ).split(" "),
);

async function checkFunction(source: string): Promise<string | undefined> {
  const graph = {
    nodes: [
      { id: "input", type: "inputNode", name: "Input" },
      { id: "function", type: "functionNode", name: "Function", content: { source: THROW_AT_ONCE + source } },
    ],
    edges: [{ id: "edge", sourceId: "input", targetId: "function" }],
  };
  try {
    await engine.createDecision(graph).evaluate({});
    return "it does not run from its first line";
  } catch (thrown) {
    const parsed = parse((thrown as Error).message);
    const text = parsed ? String(own(parsed, "source")) : "it cannot be compiled";
    if (text.includes(COMPILED)) return /\bexport\b[^;]*\bhandler\b/.test(source) ? undefined : "it exports no handler";
    const line = /\bat node:function:(\d+)/.exec(text)?.[1];
    const message = text.replace(/^Error: /, "").replace(/\n[\s\S]*$/, "");
    return line ? `${message} (line ${line})` : message;
  }
}

/** The schema takes everything, so that what is wrong can only be the schema. */
async function checkSchema(schema: string): Promise<string | undefined> {
  const graph = {
    nodes: [
      { id: "input", type: "inputNode", name: "Input", content: { schema } },
      { id: "output", type: "outputNode", name: "Output" },
    ],
    edges: [{ id: "edge", sourceId: "input", targetId: "output" }],
  };
  try {
    await engine.createDecision(graph).evaluate({});
    return undefined;
  } catch (thrown) {
    const parsed = parse((thrown as Error).message);
    // References stand one level deeper than their author wrote them.
    return parsed ? String(own(parsed, "source")).replaceAll("/anyOf/1", "") : "it cannot be compiled";
  }
}

function parse(message: string): { [name: string]: JsonValue } | undefined {
  try {
    const value = JSON.parse(message.split("\n", 1)[0]!) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
