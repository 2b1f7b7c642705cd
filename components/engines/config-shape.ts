/** What may stand where in a config, for completion: the fields that the JSON Decision Model knows and Nexio reads. */
import type { JsonShape } from "@/components/json-editor/json-shape";

const ANY: JsonShape = {};
const YES_NO: JsonShape = { values: [true, false] };
const HIT_POLICY: JsonShape = { values: ["first", "collect"] };

const TRANSFORM: Record<string, JsonShape> = {
  inputField: { values: [null] },
  outputPath: { values: [null] },
  executionMode: { values: ["single", "loop"] },
  passThrough: YES_NO,
};
const COLUMN: JsonShape = { fields: { id: ANY, name: ANY, field: ANY } };
const content = (fields: Record<string, JsonShape>): JsonShape => ({ fields: { content: { fields } } });

const NODE: JsonShape = {
  fields: {
    id: ANY,
    type: {
      values: ["inputNode", "outputNode", "expressionNode", "decisionTableNode", "switchNode", "functionNode"],
    },
    name: ANY,
    description: ANY,
    content: ANY,
    position: { fields: { x: ANY, y: ANY } },
  },
  variants: {
    field: "type",
    of: {
      inputNode: content({ schema: ANY }),
      outputNode: content({ schema: ANY }),
      expressionNode: content({
        expressions: { items: { fields: { id: ANY, key: ANY, value: ANY } } },
        ...TRANSFORM,
      }),
      decisionTableNode: content({
        hitPolicy: HIT_POLICY,
        inputs: { items: COLUMN },
        outputs: { items: COLUMN },
        rules: { items: ANY },
        ...TRANSFORM,
      }),
      switchNode: content({
        hitPolicy: HIT_POLICY,
        statements: { items: { fields: { id: ANY, condition: ANY } } },
      }),
      functionNode: content({ source: ANY }),
    },
  },
};
const EDGE: JsonShape = {
  fields: { id: ANY, type: { values: ["edge"] }, sourceId: ANY, targetId: ANY, sourceHandle: ANY },
};

/** Of a decision graph; a placement engine's may carry its offerings. */
export const CONFIG_SHAPE: JsonShape = {
  fields: {
    nodes: { items: NODE },
    edges: { items: EDGE },
    offerings: { items: { fields: { id: ANY, name: ANY } } },
  },
};
