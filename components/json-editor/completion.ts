/** Completes field names and known values, by a shape and what stands around the cursor. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { SyntaxNode } from "@lezer/common";

import { propertiesOf, unquote, valueOf } from "@/components/json-editor/json-path";
import { fieldShape, fieldsOf, type JsonShape } from "@/components/json-editor/json-shape";

/** A source for CodeMirror's completion. */
export function completeBy(root: JsonShape) {
  return (context: CompletionContext): CompletionResult | null => {
    const { state, pos, explicit } = context;
    const node = syntaxTree(state).resolveInner(pos, -1);
    if (node.name === "PropertyName") return completeName(node, root, state);
    const property = node.name === "String" || node.name === "Property" ? propertyOf(node) : null;
    if (property && pos > (property.getChild("PropertyName")?.to ?? pos)) {
      return completeValue(property, node.name === "String" ? node : null, pos, root, state);
    }
    if (explicit && node.name === "Object") {
      return { from: pos, options: nameOptions(node, root, state, "", ": ") };
    }
    return null;
  };
}

const sliceOf = (state: EditorState) => (from: number, to: number) => state.sliceDoc(from, to);

function propertyOf(node: SyntaxNode): SyntaxNode | null {
  if (node.name === "Property") return node;
  return node.parent?.name === "Property" ? node.parent : null;
}

/** The text of an object's field, for choosing between variants. */
function textReader(object: SyntaxNode, state: EditorState): (field: string) => string | undefined {
  return (field) => {
    const found = propertiesOf(object, sliceOf(state)).find(({ name }) => name === field);
    const value = found ? valueOf(found.node) : null;
    return value?.name === "String" ? unquote(state.sliceDoc(value.from, value.to)) : undefined;
  };
}

/** The shape of an object or list, found by walking up to the root and down again through the shapes. */
function shapeOf(node: SyntaxNode, root: JsonShape, state: EditorState): JsonShape | undefined {
  const { parent } = node;
  if (!parent || parent.name === "JsonText") return root;
  if (parent.name === "Array") return shapeOf(parent, root, state)?.items;
  if (parent.name !== "Property" || !parent.parent) return undefined;
  const key = parent.getChild("PropertyName");
  if (!key) return undefined;
  const name = unquote(state.sliceDoc(key.from, key.to));
  return fieldShape(shapeOf(parent.parent, root, state), name, textReader(parent.parent, state));
}

/** Fields that the object does not have yet; `own` is the one that is being typed, `after` what is added behind it. */
function nameOptions(
  object: SyntaxNode,
  root: JsonShape,
  state: EditorState,
  own: string,
  after: string,
): Completion[] {
  const there = new Set(propertiesOf(object, sliceOf(state)).map(({ name }) => name));
  const fields = fieldsOf(shapeOf(object, root, state), textReader(object, state));
  return Object.keys(fields)
    .filter((name) => name === own || !there.has(name))
    .map((name, index) => {
      const label = JSON.stringify(name);
      return { label, apply: `${label}${after}`, type: "property", boost: -index };
    });
}

function completeName(node: SyntaxNode, root: JsonShape, state: EditorState): CompletionResult | null {
  const object = node.parent?.parent;
  if (!object) return null;
  const hasColon = /^\s*:/.test(state.sliceDoc(node.to, node.to + 20));
  const own = unquote(state.sliceDoc(node.from, node.to));
  return { from: node.from, to: node.to, options: nameOptions(object, root, state, own, hasColon ? "" : ": ") };
}

function completeValue(
  property: SyntaxNode,
  string: SyntaxNode | null,
  pos: number,
  root: JsonShape,
  state: EditorState,
): CompletionResult | null {
  const key = property.getChild("PropertyName");
  if (!key || !property.parent) return null;
  const name = unquote(state.sliceDoc(key.from, key.to));
  const values = fieldShape(shapeOf(property.parent, root, state), name, textReader(property.parent, state))?.values;
  if (!values) return null;
  const options = values.map((value) => ({ label: JSON.stringify(value), type: "enum" }));
  return string ? { from: string.from, to: string.to, options } : { from: pos, options };
}
