/** What may stand where in a JSON value, as far as completion needs to know it: a small part of what a JSON schema says. */

export type JsonShape = {
  /** Fields of an object, in the order in which they are offered. */
  fields?: Readonly<Record<string, JsonShape>>;
  /** Of every item of a list. */
  items?: JsonShape;
  /** Values that are offered. */
  values?: readonly (string | number | boolean | null)[];
  /** Shapes that depend on a field's value: `{field: "type", of: {inputNode: …}}`; their fields join the object's own. */
  variants?: { field: string; of: Readonly<Record<string, JsonShape>> };
};

/** The shape of an object's field, given what stands in the object's other fields. */
export function fieldShape(
  shape: JsonShape | undefined,
  name: string,
  textOf: (field: string) => string | undefined,
): JsonShape | undefined {
  return fieldsOf(shape, textOf)[name];
}

/** All fields that an object may have. */
export function fieldsOf(
  shape: JsonShape | undefined,
  textOf: (field: string) => string | undefined,
): Readonly<Record<string, JsonShape>> {
  if (!shape) return {};
  const chosen = shape.variants ? textOf(shape.variants.field) : undefined;
  const variant = chosen === undefined ? undefined : shape.variants?.of[chosen];
  return { ...shape.fields, ...variant?.fields };
}
