/** Whether a config can be published: asked by validate, and by publish itself. */
import type { OrgScope } from "../auth/principal.ts";
import type { EngineType } from "../generated/prisma/enums.ts";
import { validateGraph } from "./decision-graph-validate.ts";
import { httpConfigProblems } from "./http-config.ts";
import type { ConfigProblem, ConfigValidity, EngineConfig } from "./schema.ts";

const invalid = (problem: Omit<ConfigProblem, "path">): ConfigValidity => ({
  valid: false,
  problems: [{ path: "", ...problem }],
});

/** The problems of a config for an engine of this type; no config at all is one of them. Throws 503 when too many of the organization's wait. */
export async function validateConfig(
  scope: OrgScope,
  type: EngineType,
  config: EngineConfig | null,
): Promise<ConfigValidity> {
  if (config === null) return invalid({ code: "draft_missing", message: "There is no draft yet" });
  if (type === "http") {
    const problems = httpConfigProblems(config);
    return { valid: problems.length === 0, problems };
  }
  return validateGraph(scope.orgId, type, config);
}
