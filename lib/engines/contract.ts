/**
 * What the callers of an engine rely on: the names and types of its input and output fields, read from its config. Publishing compares the
 * contract of a draft with that of the version before it, and that decides between a minor and a major version. Pure.
 *
 * - Input fields are those of the input node's JSON schema where there is one, else those that expressions, tables and switches read from what
 *   comes in; of a placement engine only what begins with `input` or `offering`. Without a schema nothing is required.
 * - Output fields are those of the output nodes' JSON schemas where there are any, else those that the nodes write which feed the output, with types
 *   where the words of their expressions tell. What every answer of the engine's type has (`score`, `findings`) is always there.
 *
 * What cannot be known counts as unchanged. That is: every field of configs that are no graph (an `http` engine's too); what functions read and
 * write, for a field that seems to be gone and for types; types that neither a schema nor the words of an expression tell; fields below one whose
 * own fields are not told. Only names, types and whether an input is required are looked at: what a schema says of values (`enum`, `pattern`,
 * `minimum`, `additionalProperties`) is not.
 */
import { flowOf } from "./contract-flow.ts";
import type { EngineType } from "../generated/prisma/enums.ts";
import { DecisionGraphSchema, type DecisionGraph } from "./decision-graph.ts";
import { NOT_REPEATED } from "./evaluate-result.ts";
import type { JsonType } from "./expression-text.ts";
import { indexPaths, isWithin, parentOf, type PathIndex } from "./field-path.ts";
import { schemaFields, type SchemaField } from "./schema-fields.ts";
import type { Compatibility } from "./version-number.ts";

/** By path, such as `customer.age` or `owners[].name`. */
type Fields = ReadonlyMap<string, SchemaField>;

/** One side of a contract. */
export type ContractSide = {
  /** What callers rely on. */
  fields: Fields;
  /** Fields that are there as well: read though no schema names them, or passed through. */
  others: ReadonlySet<string>;
  /** Whether there may be fields that the config does not tell. */
  isOpen: boolean;
};

export type Contract = {
  input: ContractSide;
  output: ContractSide;
  /** Whether the input's own fields, whatever they are, stand in the output too: a promise where no schema says what does. */
  inputInOutput: "promised" | "there" | "no";
};

/** Why the next version is a major one. `path` is the field's. */
export type ContractReason = {
  side: "input" | "output";
  path: string;
  change: "removed" | "type_changed" | "required";
  message: string;
};

export type Comparison = { compatibility: Compatibility; reasons: ContractReason[] };

/** Reasons that are named; one is enough. */
const MAX_REASONS = 100;

const UNKNOWN: ContractSide = { fields: new Map(), others: new Set(), isOpen: true };
const always = (...types: JsonType[]): SchemaField => ({ types: new Set(types), isRequired: false });

/** The contract of a config, valid or not. */
export function contractOf(type: EngineType, config: unknown): Contract {
  const graph = type === "http" ? undefined : DecisionGraphSchema.safeParse(config).data;
  if (!graph || type === "http") return { input: UNKNOWN, output: UNKNOWN, inputInOutput: "no" };
  const flow = flowOf(graph);
  const declaredInput = schemaOf(graph, "inputNode");
  const reads = new Map([...flow.reads].map((path) => [path, { types: undefined, isRequired: false }]));
  const input = declaredInput
    ? { fields: declaredInput, others: flow.reads, isOpen: false }
    : { fields: reads, others: new Set<string>(), isOpen: flow.readsUnknown };
  const declaredOutput = schemaOf(graph, "outputNode");
  const output = {
    fields: declaredOutput ?? asFields(flow.output.fields),
    others: new Set([...flow.output.fields.keys(), ...(flow.output.seesInput ? input.fields.keys() : [])]),
    isOpen: declaredOutput === undefined && flow.output.isOpen,
  };
  return type === "placement"
    ? placementContract(input, output)
    : {
        input,
        output: { ...output, fields: new Map([...output.fields, ["findings", always("array")]]) },
        inputInOutput: !flow.output.seesInput ? "no" : declaredOutput ? "there" : "promised",
      };
}

/** A graph of a placement engine sees `{input, offering}`, and what it answers becomes solutions. */
function placementContract(input: ContractSide, output: ContractSide): Contract {
  const ofContext = [...input.fields].filter(([path]) => /^(input|offering)(?![^.[])/.test(path));
  const own = [...output.fields].filter(([path]) => !NOT_REPEATED.has(path.split(/[.[]/, 1)[0]!));
  const fields = new Map([
    ...own,
    ["eligible", always("boolean")],
    ["score", always("number")],
    ["reasons", always("array")],
  ] as const);
  // The context is always whole: nobody can leave these two out.
  const given = ofContext.map(([path, field]) =>
    path === "input" || path === "offering"
      ? ([path, { ...field, isRequired: false }] as const)
      : ([path, field] as const),
  );
  return { input: { ...input, fields: new Map(given) }, output: { ...output, fields }, inputInOutput: "no" };
}

function asFields(written: ReadonlyMap<string, ReadonlySet<JsonType> | undefined>): Map<string, SchemaField> {
  return new Map([...written].map(([path, types]) => [path, { types, isRequired: false }]));
}

/** The fields of the schemas of all nodes of this type together; undefined where none has one. */
function schemaOf(graph: DecisionGraph, type: "inputNode" | "outputNode"): Map<string, SchemaField> | undefined {
  let all: Map<string, SchemaField> | undefined;
  for (const node of graph.nodes) {
    const fields = node.type === type ? schemaFields(node.content?.schema) : undefined;
    if (fields) all = new Map([...(all ?? []), ...fields]);
  }
  return all;
}

/** What of `before` callers can no longer rely on in `after`: compatible where there is no reason. At most 100 reasons are named. */
export function compareContracts(before: Contract, after: Contract): Comparison {
  const reasons = [...inputReasons(before.input, after.input), ...outputReasons(before, after)].slice(0, MAX_REASONS);
  return { compatibility: reasons.length === 0 ? "compatible" : "breaking", reasons };
}

function inputReasons(before: ContractSide, after: ContractSide): ContractReason[] {
  const reasons = removedFields("input", before, after);
  const isTold = (path: string) => reasons.some((reason) => isWithin(path, reason.path));
  const mentioned = indexPaths([...before.fields.keys(), ...before.others]);
  for (const [path, field] of after.fields) {
    const known = before.fields.get(path);
    if (reasons.length >= MAX_REASONS) break;
    if (isTold(path)) continue;
    if (known && !takes(field.types, known.types)) reasons.push(typeReason("input", path, known, field));
    else if (field.isRequired && !known?.isRequired && couldBeLeftOut(path, mentioned)) {
      const message = `The input "${path}" is required now${known ? "" : ", and was not there before"}`;
      reasons.push({ side: "input", path, change: "required", message });
    }
  }
  return reasons;
}

/** Whether callers could send what this field belongs to without the field; a field of something new breaks nobody. */
function couldBeLeftOut(path: string, before: PathIndex): boolean {
  const parent = parentOf(path);
  return parent === "" || before.has(parent) || before.hasPartOf(parent);
}

function outputReasons(before: Contract, after: Contract): ContractReason[] {
  const reasons = removedFields("output", before.output, after.output);
  if (before.inputInOutput === "promised" && after.inputInOutput === "no" && !after.output.isOpen) {
    const message = "The fields of the input are no longer passed on to the output";
    reasons.push({ side: "output", path: "input", change: "removed", message });
  }
  for (const [path, field] of after.output.fields) {
    const known = before.output.fields.get(path);
    if (known && !takes(known.types, field.types)) reasons.push(typeReason("output", path, known, field));
  }
  return reasons;
}

/** The fields that are gone; of what is gone as a whole only the whole. */
function removedFields(side: "input" | "output", before: ContractSide, after: ContractSide): ContractReason[] {
  if (after.isOpen) return [];
  const there = indexPaths([...after.fields.keys(), ...after.others]);
  const reasons: ContractReason[] = [];
  for (const path of before.fields.keys()) {
    if (reasons.length === MAX_REASONS) break;
    if (isThere(path, there) || reasons.some((reason) => isWithin(path, reason.path))) continue;
    reasons.push({ side, path, change: "removed", message: `The ${side} "${path}" is no longer there` });
  }
  return reasons;
}

/** Whether it is named itself, or something in it is, or it stands in something whose fields are not told. */
function isThere(path: string, there: PathIndex): boolean {
  if (there.has(path) || there.hasPartOf(path)) return true;
  const whole = there.wholeOf(path);
  return whole !== undefined && !there.hasPartOf(whole);
}

/** Whether whoever takes these types can take those. Types that are not known are the same as before. */
function takes(types: SchemaField["types"], given: SchemaField["types"]): boolean {
  if (!types || !given) return true;
  return [...given].every((type) => types.has(type) || (type === "integer" && types.has("number")));
}

function typeReason(side: "input" | "output", path: string, before: SchemaField, after: SchemaField): ContractReason {
  const [was, is] = [before, after].map(({ types }) => [...types!].sort().join(" or "));
  return { side, path, change: "type_changed", message: `The ${side} "${path}" was ${was} and is ${is} now` };
}
