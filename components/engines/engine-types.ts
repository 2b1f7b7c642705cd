/** The types of engines, in words. */
import type { EngineDto } from "@/lib/engines/schema";

export type EngineType = EngineDto["type"];

export const ENGINE_TYPES: readonly EngineType[] = ["placement", "entity_analysis", "http"];

export const ENGINE_TYPE_NAMES: Record<EngineType, { label: string; hint: string }> = {
  placement: { label: "Placement", hint: "An input against offerings: ranked solutions, with reasons" },
  entity_analysis: { label: "Entity analysis", hint: "An input on its own: findings, and what follows from them" },
  http: { label: "HTTP", hint: "A service of yours, called with a signed request" },
};
