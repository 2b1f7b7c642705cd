/** Parts that decision graphs of tests are put together from. */
export const INPUT = { id: "in", type: "inputNode", name: "In" };
export const OUTPUT = { id: "out", type: "outputNode", name: "Out" };
export const edge = (sourceId: string, targetId: string, sourceHandle?: string) => ({
  id: `${sourceId}-${targetId}`,
  sourceId,
  targetId,
  ...(sourceHandle === undefined ? {} : { sourceHandle }),
});
export const formula = (id: string, expressions: Record<string, string>, content: object = {}) => ({
  id,
  type: "expressionNode",
  name: id,
  content: { ...content, expressions: Object.entries(expressions).map(([key, value]) => ({ id: key, key, value })) },
});
