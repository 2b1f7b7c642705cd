/** Whether a config can be published: asked by validate, and by publish itself. */
import type { EngineType } from "../generated/prisma/enums.ts";
import { validateGraph } from "./decision-graph.ts";
import type { ConfigValidity, EngineConfig } from "./schema.ts";

/** The problems of a config for an engine of this type; no config at all is one of them. */
export async function validateConfig(type: EngineType, config: EngineConfig | null): Promise<ConfigValidity> {
  if (config === null) return { valid: false, problems: [{ path: "config", message: "there is no draft yet" }] };
  const problems = await validateGraph(type, config);
  return { valid: problems.length === 0, problems };
}
