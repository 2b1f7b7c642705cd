/** What the draft of a new engine starts from. */
import type { EngineType } from "@/components/engines/engine-types";
import type { EngineConfig } from "@/lib/engines/schema";

export type StartingPoint = { value: string; label: string };

export const EMPTY = "empty";

const EXAMPLES: Record<EngineType, readonly StartingPoint[]> = {
  placement: [{ value: "loan-placement", label: "The example Loan placement" }],
  entity_analysis: [{ value: "company-check", label: "The example Company check" }],
  http: [],
};

/** The choices for a type, the plainest first; none for engines that hold no graph. */
export function startingPoints(type: EngineType): readonly StartingPoint[] {
  if (type === "http") return [];
  return [{ value: EMPTY, label: "The smallest graph" }, ...EXAMPLES[type]];
}

/** The draft of a starting point; undefined for engines that hold no graph. The examples are loaded when one is chosen. */
export async function startingConfig(type: EngineType, point: string): Promise<EngineConfig | undefined> {
  if (type === "http") return undefined;
  if (point === EMPTY) return smallestGraph(type);
  const { exampleEngines } = await import("@/lib/engines/examples/engines");
  return exampleEngines.find(({ slug }) => slug === point)?.config;
}

/** Answers something at once: one expression between input and output. */
function smallestGraph(type: "placement" | "entity_analysis"): EngineConfig {
  const [key, value] = type === "placement" ? ["eligible", "true"] : ["findings", "[]"];
  const score = type === "placement" ? [{ id: "score", key: "score", value: "50" }] : [];
  return {
    nodes: [
      { id: "input", type: "inputNode", name: "Request", position: { x: 80, y: 160 } },
      {
        id: "answer",
        type: "expressionNode",
        name: "Answer",
        position: { x: 360, y: 160 },
        content: { expressions: [{ id: key, key, value }, ...score], passThrough: false },
      },
      { id: "output", type: "outputNode", name: "Response", position: { x: 640, y: 160 } },
    ],
    edges: [
      { id: "input-answer", type: "edge", sourceId: "input", targetId: "answer" },
      { id: "answer-output", type: "edge", sourceId: "answer", targetId: "output" },
    ],
    ...(type === "placement" ? { offerings: [{ id: "first", name: "First offering" }] } : {}),
  };
}
