/**
 * How two configs of an engine differ, at the level at which people think of them: nodes by their ids with what changed in each, connections, offerings.
 * Configs need not be valid, not even graphs: what is not understood is compared as JSON. Pure.
 */
import { changeOf } from "./config-change.ts";
import { changesOfContent } from "./config-diff-content.ts";
import type { ConfigChange, ConfigDiff, EdgeDiff, NodeDiff } from "./diff-schema.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { clipped } from "./field-path.ts";
import {
  type Comparing,
  idOf,
  JsonContents,
  MATCHING,
  memberChanges,
  valueChanges,
  type ValueChange,
} from "./json-diff.ts";
import { matchLists, type Match } from "./list-match.ts";
import { Effort } from "./shape.ts";

/** Most changes that are listed. */
const MAX_CHANGES = 1_000;

/** The difference; `total` is 0 where only places on the canvas differ. */
export function diffConfigs(before: JsonValue, after: JsonValue): ConfigDiff {
  const [old, now] = [before, after].map((config) => (isJsonObject(config) ? config : { config }));
  const comparing: Comparing = { contents: new JsonContents(), effort: new Effort() };
  const nodes = diffNodes(comparing, old!, now!);
  const edges = diffEdges(old!, now!);
  const other = [
    ...diffOfferings(comparing, old!, now!),
    ...diffRest(
      comparing,
      old!,
      now!,
      new Set(["offerings", ...(nodes ? ["nodes"] : []), ...(edges ? ["edges"] : [])]),
    ),
  ];
  return limited({ nodes: nodes ?? [], edges: edges ?? [], other });
}

// A node that is new or gone is one change, however much is in it.
const weight = ({ changes }: NodeDiff) => Math.max(1, changes.length);

function limited({ nodes, edges, other }: Omit<ConfigDiff, "total">): ConfigDiff {
  const total = nodes.reduce((sum, node) => sum + weight(node), 0) + edges.length + other.length;
  if (total <= MAX_CHANGES) return { nodes, edges, other, total };
  let left = MAX_CHANGES;
  const take = <T>(list: readonly T[]): T[] => {
    const taken = list.slice(0, left);
    left -= taken.length;
    return taken;
  };
  const shown: NodeDiff[] = [];
  for (const node of nodes) {
    if (left <= 0) break;
    shown.push({ ...node, changes: node.changes.slice(0, left) });
    left -= weight(node);
  }
  left = Math.max(0, left);
  return { nodes: shown, edges: take(edges), other: take(other), total };
}

/** A list of objects at this key, nothing there being an empty one; undefined where it is something else. */
function objectsAt(config: JsonObject, key: string): JsonObject[] | undefined {
  const list = own(config, key) ?? [];
  return Array.isArray(list) && list.every(isJsonObject) ? list : undefined;
}

const textAt = (object: JsonObject, key: string): string => {
  const value = own(object, key);
  return typeof value === "string" ? value : "";
};

/** Two lists of objects, matched by their ids; undefined where they are too long. */
function matchById({ contents, effort }: Comparing, before: JsonObject[], after: JsonObject[]) {
  if (!effort.spend((before.length + after.length) * MATCHING)) return undefined;
  return matchLists(before, after, { id: idOf, content: (value) => contents.of(value) });
}

function diffNodes(comparing: Comparing, before: JsonObject, after: JsonObject): NodeDiff[] | undefined {
  const old = objectsAt(before, "nodes");
  const now = objectsAt(after, "nodes");
  const matches = old && now && matchById(comparing, old, now);
  return matches?.flatMap((match): NodeDiff[] => {
    const node = (match.after ?? match.before!).value;
    if (match.before && match.after && comparing.contents.isSame(match.before.value, node)) return [];
    const named = {
      id: textAt(node, "id"),
      name: textAt(node, "name") || textAt(node, "id"),
      type: textAt(node, "type"),
    };
    if (!match.before) return [{ ...named, kind: "added", changes: [] }];
    if (!match.after) return [{ ...named, kind: "removed", changes: [] }];
    const changes = changesOfNode(comparing, match.before.value, match.after.value, `nodes[${match.after.index}]`);
    return changes.length > 0 ? [{ ...named, kind: "changed", changes }] : [];
  });
}

function changesOfNode(comparing: Comparing, before: JsonObject, after: JsonObject, path: string): ConfigChange[] {
  const changes: ConfigChange[] = [];
  for (const key of ["name", "type"] as const) {
    if (comparing.contents.isSame(own(before, key), own(after, key))) continue;
    changes.push(changeOf(key, key === "name" ? "Name" : "Type", `${path}.${key}`, own(before, key), own(after, key)));
  }
  changes.push(...changesOfContent(comparing, before, after, `${path}.content`));
  const known = new Set(["name", "type", "content", "position"]);
  for (const change of memberChanges(comparing, before, after, path, known)) changes.push(asValue(change));
  return changes;
}

const keyOf = (edge: JsonObject) =>
  JSON.stringify([textAt(edge, "sourceId"), textAt(edge, "targetId"), textAt(edge, "sourceHandle")]);

const only = (edges: Map<string, JsonObject>, others: Map<string, JsonObject>) =>
  [...edges].filter(([key]) => !others.has(key)).map(([, edge]) => edge);

/** Connections by what they connect: editors give them new ids whenever they are drawn again. */
function diffEdges(before: JsonObject, after: JsonObject): EdgeDiff[] | undefined {
  const old = objectsAt(before, "edges");
  const now = objectsAt(after, "edges");
  if (!old || !now) return undefined;
  const [oldOnes, newOnes] = [old, now].map((edges) => new Map(edges.map((edge) => [keyOf(edge), edge])));
  const [oldNodes, newNodes] = [before, after].map((config) => byId(objectsAt(config, "nodes") ?? []));
  return [
    ...only(oldOnes!, newOnes!).map((edge) => edgeDiff("removed", edge, oldNodes!)),
    ...only(newOnes!, oldOnes!).map((edge) => edgeDiff("added", edge, newNodes!)),
  ];
}

type IndexedNode = { name: string; statements: ReadonlyMap<string, JsonObject> };

/** Looked up for every edge, and a draft may have as many of both as fit into a megabyte. Of equal ids the first counts. */
function byId(nodes: readonly JsonObject[]): Map<string, IndexedNode> {
  const index = new Map<string, IndexedNode>();
  for (const node of nodes) {
    const id = textAt(node, "id");
    if (index.has(id)) continue;
    const content = own(node, "content");
    const statements = (isJsonObject(content) ? objectsAt(content, "statements") : undefined) ?? [];
    const named = statements.map((one) => [textAt(one, "id"), one] as const).toReversed();
    index.set(id, { name: textAt(node, "name"), statements: new Map(named) });
  }
  return index;
}

function edgeDiff(kind: "added" | "removed", edge: JsonObject, nodes: ReadonlyMap<string, IndexedNode>): EdgeDiff {
  const [source, target] = [textAt(edge, "sourceId"), textAt(edge, "targetId")];
  const nameOf = (id: string) => clipped(nodes.get(id)?.name || id);
  const statement = nodes.get(source)?.statements.get(textAt(edge, "sourceHandle"));
  const when = statement ? ` (${clipped(textAt(statement, "condition").trim()) || "otherwise"})` : "";
  return { kind, source_id: source, target_id: target, label: `${nameOf(source)}${when} → ${nameOf(target)}` };
}

function diffOfferings(comparing: Comparing, before: JsonObject, after: JsonObject): ConfigChange[] {
  const old = objectsAt(before, "offerings");
  const now = objectsAt(after, "offerings");
  const matches = old && now && matchById(comparing, old, now);
  if (!matches)
    return diffRest(
      comparing,
      { offerings: own(before, "offerings") ?? null },
      { offerings: own(after, "offerings") ?? null },
      new Set(),
    );
  return matches.flatMap((match) => changesOfOffering(comparing, match));
}

function changesOfOffering(comparing: Comparing, match: Match<JsonObject>): ConfigChange[] {
  const { index, value } = match.after ?? match.before!;
  const path = `offerings[${index}]`;
  const label = clipped(textAt(value, "name") || textAt(value, "id") || `Offering ${index + 1}`);
  if (!match.before || !match.after)
    return [changeOf("offering", label, path, match.before?.value, match.after?.value)];
  const changes = valueChanges(comparing, match.before.value, match.after.value, path).map((change) =>
    changeOf("offering", `${label}: ${change.path.slice(path.length + 1)}`, change.path, change.before, change.after),
  );
  if (match.isMoved)
    changes.push({ kind: "moved", subject: "offering", path, label, before: match.before.index + 1, after: index + 1 });
  return changes;
}

function diffRest(
  comparing: Comparing,
  before: JsonObject,
  after: JsonObject,
  known: ReadonlySet<string>,
): ConfigChange[] {
  return memberChanges(comparing, before, after, "", known).map(asValue);
}

const asValue = ({ path, before, after }: ValueChange): ConfigChange => changeOf("value", path, path, before, after);
