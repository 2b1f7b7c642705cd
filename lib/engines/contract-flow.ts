/** Which fields the nodes of a graph read from what comes in, and which they write into what goes out: see contract.ts. Pure. */
import type { DecisionGraph, GraphNode } from "./decision-graph.ts";
import { type Read, readsOf } from "./expression-reads.ts";
import { anyOf, shapeOfAnswer } from "./expression-shape.ts";
import { covers, Effort, either, ELEMENTS, listOf, OBJECT, objectOf, over, UNTOLD } from "./shape.ts";
import { MAX_SHAPE_DEPTH, type Shape, ShapeBuilder } from "./shape.ts";

/** What a node gets or gives. */
export type Flow = {
  /** What nodes have written. Open where something in it cannot be told. */
  shape: Shape;
  /** Whether what came into the graph is in it too. */
  seesInput: boolean;
};

export type GraphFlow = {
  /** What nodes read from what comes in. Open where all of it is read, or a function reads it, nobody knows what of it. */
  reads: Shape;
  /** What the output nodes get, all together. */
  output: Flow;
};

const NOTHING: Flow = { shape: objectOf(new Map(), OBJECT), seesInput: false };
// It may be anything, and names nothing itself.
const INPUT: Flow = { shape: objectOf(new Map(), undefined), seesInput: true };

/**
 * Follows a graph of the right shape from its inputs on; nodes that go round in circles are left out. Of a graph that is more work than any that
 * people write nothing is told.
 */
export function flowOf(graph: DecisionGraph): GraphFlow {
  const effort = new Effort();
  const reads = new ShapeBuilder(effort, undefined);
  const given = new Map<string, Flow>();
  const outputs: Flow[] = [];
  let readsUnknown = false;
  // Behind a switch a node may be passed over.
  const isUnswitched = !graph.nodes.some(({ type }) => type === "switchNode");
  for (const { node, sources } of inOrder(graph)) {
    const got = merged(
      [...sources].map((id) => given.get(id)!),
      effort,
    );
    if (got.seesInput && node.type === "functionNode") readsUnknown = true;
    // Of what cannot be told, anything may have been written.
    if (got.seesInput && !got.shape.isOpen) {
      const isCertain = isUnswitched && isEvaluated(node);
      for (const { path, isWhole, uses } of readsOfNode(node)) {
        if (path.length === 0) readsUnknown = true;
        else if (!covers(got.shape, path)) reads.read(path, isWhole, isCertain ? uses : undefined);
      }
    }
    if (node.type === "outputNode") outputs.push(got);
    given.set(node.id, giveOf(node, got, effort));
    if (effort.isSpent) return { reads: UNTOLD, output: { shape: UNTOLD, seesInput: true } };
  }
  const output = merged(outputs, effort);
  if (effort.isSpent) return { reads: UNTOLD, output: { shape: UNTOLD, seesInput: true } };
  return { reads: { ...reads.shape, isOpen: readsUnknown }, output };
}

/** Whether all expressions of the node are evaluated, and once: not only for some rules or elements. */
const isEvaluated = (node: GraphNode) => node.type === "expressionNode" && node.content.executionMode !== "loop";

function merged(flows: readonly Flow[], effort: Effort): Flow {
  if (flows.length === 0) return NOTHING;
  return flows.reduce((a, b) => ({
    shape: either(a.shape, b.shape, effort),
    seesInput: a.seesInput || b.seesInput,
  }));
}

type Ordered = { node: GraphNode; sources: Set<string> };

/** Every node after those that feed it. */
function inOrder({ nodes, edges }: DecisionGraph): Ordered[] {
  const waiting = new Map(nodes.map((node) => [node.id, { node, sources: new Set<string>() }]));
  const targets = new Map(nodes.map((node) => [node.id, new Set<string>()]));
  for (const { sourceId, targetId } of edges) {
    if (!waiting.has(sourceId) || !waiting.has(targetId)) continue;
    waiting.get(targetId)!.sources.add(sourceId);
    targets.get(sourceId)!.add(targetId);
  }
  const open = new Map([...waiting].map(([id, { sources }]) => [id, sources.size]));
  const free = [...open].filter(([, count]) => count === 0).map(([id]) => id);
  const ordered: Ordered[] = [];
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    ordered.push(waiting.get(id)!);
    for (const target of targets.get(id)!) {
      open.set(target, open.get(target)! - 1);
      if (open.get(target) === 0) free.push(target);
    }
  }
  return ordered;
}

type Transform = Extract<GraphNode, { type: "expressionNode" | "decisionTableNode" }>;
type Table = Extract<GraphNode, { type: "decisionTableNode" }>;

function readsOfNode(node: GraphNode): Read[] {
  switch (node.type) {
    case "expressionNode":
      return within(
        node,
        node.content.expressions.map(({ value }) => value),
      );
    case "decisionTableNode": {
      const texts = new Set(node.content.inputs.map(({ field }) => field ?? ""));
      for (const cells of cellsByColumn(node).values()) for (const cell of cells) texts.add(cell);
      return within(node, texts);
    }
    case "switchNode":
      return allReads(node.content.statements.map(({ condition }) => condition));
    default:
      return [];
  }
}

/** The different texts of a table's cells, by the id of their column. Goes by the cells that there are: a hostile draft has few in many columns. */
function cellsByColumn({ content }: Table): Map<string, Set<string>> {
  const cells = new Map([...content.inputs, ...content.outputs].map(({ id }) => [id, new Set<string>()]));
  for (const rule of content.rules) {
    for (const [id, cell] of Object.entries(rule)) {
      const text = cell.trim();
      if (text !== "") cells.get(id)?.add(text);
    }
  }
  return cells;
}

const allReads = (expressions: Iterable<string>): Read[] => [...new Set(expressions)].flatMap(readsOf);

const PLAIN_PATH = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

/** What expressions read, which see only a part of the context, or the elements of a list in it, where the node has an input field. */
function within({ content }: Transform, expressions: Iterable<string>): Read[] {
  const part = content.inputField?.trim() ?? "";
  if (part === "") return allReads(expressions);
  // What its expressions read is in what that answers, nobody knows where.
  if (!PLAIN_PATH.test(part)) return readsOf(part).map(({ path }) => ({ path, isWhole: true, uses: undefined }));
  const whole = part.split(".").slice(0, MAX_SHAPE_DEPTH);
  const isLoop = content.executionMode === "loop";
  const context = isLoop ? [...whole, ELEMENTS] : whole;
  const reads = allReads(expressions).map(({ path, isWhole, uses }) => ({ path: context.concat(path), isWhole, uses }));
  // What is read of it tells more than that it is read.
  const loop = isLoop ? [{ path: whole, isWhole: false, uses: undefined }] : [];
  return [...loop, ...(reads.length === 0 ? [{ path: context, isWhole: false, uses: undefined }] : reads)];
}

function giveOf(node: GraphNode, got: Flow, effort: Effort): Flow {
  switch (node.type) {
    case "inputNode":
      return INPUT;
    case "functionNode":
      return { shape: UNTOLD, seesInput: false };
    case "expressionNode":
    case "decisionTableNode":
      return transformed(node, got, effort);
    default:
      return got;
  }
}

function transformed(node: Transform, got: Flow, effort: Effort): Flow {
  const { content } = node;
  const own = valueOf(node, effort);
  const path = content.outputPath?.trim() ?? "";
  const shape = path === "" ? own : path.split(".").slice(0, MAX_SHAPE_DEPTH).reduceRight(inField, own);
  // A list that goes nowhere is all that is left.
  if (!content.passThrough || (path === "" && own.items)) return { shape, seesInput: false };
  return { shape: over(got.shape, shape, effort), seesInput: got.seesInput };
}

const inField = (inner: Shape, name: string): Shape => objectOf(new Map([[name, inner]]), OBJECT);

/** What a node gives before it goes anywhere. */
function valueOf(node: Transform, effort: Effort): Shape {
  const { executionMode, passThrough } = node.content;
  const written = writtenBy(node, effort);
  const isCollected = node.type === "decisionTableNode" && node.content.hitPolicy === "collect";
  const each = isCollected ? listOf(written) : written;
  if (executionMode !== "loop") return each;
  // An element that is passed through has fields that nobody can tell.
  return listOf(passThrough && !isCollected ? { ...each, isOpen: true } : each);
}

function writtenBy(node: Transform, effort: Effort): Shape {
  const builder = new ShapeBuilder(effort, OBJECT);
  if (node.type === "decisionTableNode") writeColumns(node, builder, effort);
  else {
    for (const { key, value } of node.content.expressions) {
      write(builder, key, effort, () => shapeOfAnswer(value, effort, (path) => builder.written(path)));
    }
  }
  return builder.shape;
}

function write(builder: ShapeBuilder, field: string, effort: Effort, answer: () => Shape | undefined): void {
  const path = field.trim();
  if (path !== "" && !effort.isSpent) builder.write(path.split("."), answer());
}

function writeColumns(node: Table, builder: ShapeBuilder, effort: Effort): void {
  const cells = cellsByColumn(node);
  for (const { id, field } of node.content.outputs) {
    write(builder, field, effort, () => {
      const answers = [...cells.get(id)!].map((cell) => shapeOfAnswer(cell, effort));
      return answers.length === 0 ? undefined : anyOf(answers, effort);
    });
  }
}
