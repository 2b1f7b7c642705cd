/** What changed in one node of a decision graph: rules, expressions, conditions, columns, settings. See config-diff.ts. Pure. */
import { changeOf } from "./config-change.ts";
import type { ConfigChange } from "./diff-schema.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { GRAPH_LIMITS } from "./decision-graph.ts";
import { isDeeper, MAX_SCHEMA_DEPTH } from "./decision-graph-schemas.ts";
import { wordsOfTypes } from "./json-types.ts";
import { clipped } from "./field-path.ts";
import { type Comparing, MATCHING, memberChanges, valueChanges } from "./json-diff.ts";
import { matchLists, type Match } from "./list-match.ts";
import { shapeOfSchema } from "./schema-shape.ts";
import { fieldsOf, type Shape } from "./shape.ts";

/** Both sides of a node's content, and where it stands. */
type Sides = Comparing & { before: JsonObject; after: JsonObject; path: string };

/** The changes between the contents of two nodes; as JSON where they are of two types, or not of a shape that is known. */
export function changesOfContent(
  comparing: Comparing,
  before: JsonObject,
  after: JsonObject,
  path: string,
): ConfigChange[] {
  const { contents } = comparing;
  const [old, now] = [own(before, "content"), own(after, "content")];
  const type = own(after, "type");
  if (contents.isSame(old, now)) return [];
  if (!isContent(old) || !isContent(now) || !contents.isSame(own(before, "type"), type)) {
    return [changeOf("value", "Content", path, old, now)];
  }
  const sides = { ...comparing, before: old ?? {}, after: now ?? {}, path };
  switch (type) {
    case "decisionTableNode":
      return [
        ...columns(sides, "inputs"),
        ...columns(sides, "outputs"),
        ...rules(sides),
        ...rest(sides, ["inputs", "outputs", "rules"]),
      ];
    case "expressionNode":
      return [...expressions(sides), ...rest(sides, ["expressions"])];
    case "switchNode":
      return [...conditions(sides), ...rest(sides, ["statements"])];
    case "functionNode":
      return [...texts(sides, "source", "Source"), ...rest(sides, ["source"])];
    default:
      return [...schema(sides), ...rest(sides, ["schema"])];
  }
}

const isContent = (value: JsonValue | undefined): value is JsonObject | undefined =>
  value === undefined || isJsonObject(value);

const SETTINGS: Record<string, string> = {
  hitPolicy: "Hit policy",
  inputField: "Input field",
  outputPath: "Output path",
  executionMode: "Execution mode",
  passThrough: "Pass through",
};

/** What stands in a content beside its lists. Null and nothing are the same setting. */
function rest({ before, after, path, ...comparing }: Sides, known: readonly string[]): ConfigChange[] {
  const names = Object.keys(SETTINGS).filter(
    (name) => !comparing.contents.isSame(own(before, name) ?? null, own(after, name) ?? null),
  );
  const settings = names.map((name) =>
    changeOf("setting", SETTINGS[name]!, `${path}.${name}`, own(before, name) ?? null, own(after, name) ?? null),
  );
  const others = memberChanges(comparing, before, after, path, new Set([...known, ...Object.keys(SETTINGS)]));
  return [
    ...settings,
    ...others.map((one) => changeOf("value", one.path.slice(path.length + 1), one.path, one.before, one.after)),
  ];
}

function texts({ contents, before, after, path }: Sides, key: string, label: string): ConfigChange[] {
  if (contents.isSame(own(before, key), own(after, key))) return [];
  return [changeOf("source", label, `${path}.${key}`, own(before, key), own(after, key))];
}

/** The entries of a list, matched; undefined where it is no list of objects, or too long. `id` is the field of an entry that names it. */
function entries(
  { contents, effort, before, after }: Sides,
  key: string,
  id: "id" | "_id",
): Match<JsonObject>[] | undefined {
  const [old, now] = [own(before, key) ?? [], own(after, key) ?? []];
  if (!Array.isArray(old) || !Array.isArray(now) || !old.every(isJsonObject) || !now.every(isJsonObject))
    return undefined;
  if (!effort.spend((old.length + now.length) * MATCHING)) return undefined;
  return matchLists(old, now, {
    id: (value) => {
      const found = own(value, id);
      return typeof found === "string" ? found : undefined;
    },
    content: (value) => contents.ofAllBut(id, value),
  });
}

function textAt(object: JsonObject, key: string): string {
  const value = own(object, key);
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}

/** As JSON, where a list is not of the shape that is known. */
function unknownList({ before, after, path, ...comparing }: Sides, key: string): ConfigChange[] {
  return valueChanges(comparing, own(before, key), own(after, key), `${path}.${key}`).map((one) =>
    changeOf("value", one.path.slice(path.length + 1), one.path, one.before, one.after),
  );
}

/** A list whose order matters. `id`: the field of its entries that names them. `label`: what people call the one at a place, from 1. */
type OrderedList = {
  key: string;
  id: "id" | "_id";
  subject: ConfigChange["subject"];
  label: (value: JsonObject, place: number) => string;
};

const RULES: OrderedList = { key: "rules", id: "_id", subject: "rule", label: (_, place) => `Rule ${place}` };
const EXPRESSIONS: OrderedList = {
  key: "expressions",
  id: "id",
  subject: "expression",
  label: (value, place) => textAt(value, "key") || `Expression ${place}`,
};
const CONDITIONS: OrderedList = {
  key: "statements",
  id: "id",
  subject: "condition",
  label: (_, place) => `Condition ${place}`,
};

type Entry = { was: JsonObject | undefined; is: JsonObject | undefined; path: string; label: string };

/** The changes in a list whose order matters, entry by entry: what `changesOf` finds, and that one has moved. */
function orderedChanges(sides: Sides, list: OrderedList, changesOf: (entry: Entry) => ConfigChange[]): ConfigChange[] {
  const matches = entries(sides, list.key, list.id);
  if (!matches) return unknownList(sides, list.key);
  const changes: ConfigChange[] = [];
  for (const match of matches) {
    const { index, value } = match.after ?? match.before!;
    if (match.before && match.after && !match.isMoved && sides.contents.isSame(match.before.value, value)) continue;
    const entry = {
      was: match.before?.value,
      is: match.after?.value,
      path: `${sides.path}.${list.key}[${index}]`,
      label: clipped(list.label(value, index + 1)),
    };
    changes.push(...changesOf(entry));
    if (!match.before || !match.after || !match.isMoved) continue;
    const { path, label } = entry;
    changes.push({
      kind: "moved",
      subject: list.subject,
      path,
      label,
      before: match.before.index + 1,
      after: index + 1,
    });
  }
  return changes;
}

function columns(sides: Sides, list: "inputs" | "outputs"): ConfigChange[] {
  const matches = entries(sides, list, "id");
  if (!matches) return unknownList(sides, list);
  return matches.flatMap((match) => {
    const { index, value } = match.after ?? match.before!;
    const path = `${sides.path}.${list}[${index}]`;
    const label = columnName(value);
    if (!match.before || !match.after)
      return [changeOf("column", label, path, match.before?.value, match.after?.value)];
    return memberChanges(sides, match.before.value, value, path, new Set(["id"])).map((one) =>
      changeOf("column", `${label}: ${one.path.slice(path.length + 1)}`, one.path, one.before, one.after),
    );
  });
}

const columnName = (column: JsonObject) =>
  clipped(textAt(column, "name") || textAt(column, "field") || textAt(column, "id"));

type Columns = ReadonlyMap<string, { name: string; place: number }>;

/** Columns by id, of both sides: a rule that lost a column still says what stood there. */
function columnsById({ before, after }: Sides): Columns {
  const all = [before, after].flatMap((content) =>
    ["inputs", "outputs"].flatMap((list) => {
      const found = own(content, list);
      return Array.isArray(found) ? found.filter(isJsonObject) : [];
    }),
  );
  return new Map(all.map((column, place) => [textAt(column, "id"), { name: columnName(column), place }]));
}

function rules(sides: Sides): ConfigChange[] {
  const byId = columnsById(sides);
  return orderedChanges(sides, RULES, ({ was, is, path, label: named }) => {
    const kind = !was ? "added" : !is ? "removed" : "changed";
    // One that could not be published, and is not told cell by cell.
    if ([was, is].some((rule) => rule && Object.keys(rule).length > GRAPH_LIMITS.cells))
      return sides.contents.isSame(was, is) ? [] : [{ kind, subject: "rule", path, label: named, cells: [] }];
    const cells = cellsOf(was, is, byId);
    return kind === "changed" && cells.length === 0 ? [] : [{ kind, subject: "rule", path, label: named, cells }];
  });
}

type Cells = NonNullable<ConfigChange["cells"]>;

/**
 * The cells that differ, in the order of columns; a note of the editor (`_description`) is one as well. A rule's own keys alone are looked
 * at: columns times rules of a hostile draft are too many.
 */
function cellsOf(was: JsonObject | undefined, is: JsonObject | undefined, columns: Columns): Cells {
  const cells: { place: number; cell: Cells[number] }[] = [];
  for (const id of new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])) {
    const before = was && Object.hasOwn(was, id) ? textAt(was, id) : undefined;
    const after = is && Object.hasOwn(is, id) ? textAt(is, id) : undefined;
    if (id === "_id" || before === after) continue;
    const { name = clipped(id), place = columns.size } = columns.get(id) ?? {};
    const cell = {
      column: name,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    cells.push({ place, cell });
  }
  return cells.sort((a, b) => a.place - b.place).map(({ cell }) => cell);
}

const EXPRESSION_PARTS = [
  ["key", "field"],
  ["value", "expression"],
] as const;

function expressions(sides: Sides): ConfigChange[] {
  return orderedChanges(sides, EXPRESSIONS, ({ was, is, path, label: named }) => {
    if (!was || !is)
      return [changeOf("expression", named, `${path}.value`, was && textAt(was, "value"), is && textAt(is, "value"))];
    return EXPRESSION_PARTS.filter(([key]) => textAt(was, key) !== textAt(is, key)).map(([key, subject]) =>
      changeOf(subject, named, `${path}.${key}`, textAt(was, key), textAt(is, key)),
    );
  });
}

function conditions(sides: Sides): ConfigChange[] {
  return orderedChanges(sides, CONDITIONS, ({ was, is, path, label: named }) => {
    const [before, after] = [was && textAt(was, "condition"), is && textAt(is, "condition")];
    return before === after ? [] : [changeOf("condition", named, `${path}.condition`, before, after)];
  });
}

/** By the fields that the schema names; where they are the same, the schema as a whole. */
function schema({ contents, effort, before, after, path }: Sides): ConfigChange[] {
  const here = `${path}.schema`;
  const [was, is] = [before, after].map((content) => parsed(own(content, "schema")));
  if (contents.isSame(was, is)) return [];
  const [old, now] = [was, is].map((root) => {
    const shape = effort.isSpent ? undefined : shapeOfSchema(root, effort);
    return shape && fieldsOf(shape, effort);
  });
  const names = effort.isSpent || !old || !now ? [] : [...new Set([...old.keys(), ...now.keys()])];
  const fields = names.filter((name) => wordsOf(old!.get(name)) !== wordsOf(now!.get(name)));
  if (fields.length === 0) return [changeOf("schema", "Schema", here, was, is)];
  return fields.map((name) => changeOf("schema", name, here, wordsOf(old!.get(name)), wordsOf(now!.get(name))));
}

function wordsOf(field: Shape | undefined): string | undefined {
  if (!field) return undefined;
  const types = field.types ? wordsOfTypes(field.types) : "anything";
  return field.isRequired ? `${types}, required` : types;
}

/** As JSON, unless it is no schema that could be published: too long or nested too deep to be shown otherwise than as a text. */
function parsed(text: JsonValue | undefined): JsonValue | undefined {
  if (typeof text !== "string" || text.trim() === "") return undefined;
  if (text.length > GRAPH_LIMITS.source) return text;
  try {
    const schema = JSON.parse(text) as JsonValue;
    return isDeeper(schema, MAX_SCHEMA_DEPTH) ? text : schema;
  } catch {
    return text;
  }
}
