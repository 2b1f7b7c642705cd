/** Which version of an engine each environment runs: E8's order, but for what a run itself asks for. */
import type { OrgScope } from "../auth/principal.ts";
import { prisma } from "../db.ts";
import type { EnvironmentDto } from "../environments/schema.ts";
import { listAllEnvironments } from "../environments/service.ts";
import type { EnginePin, EnginePinList } from "./pin-schema.ts";
import { findEngine } from "./service.ts";
import { formatVersion } from "./version-number.ts";

function specOf(environment: EnvironmentDto, slug: string): Pick<EnginePin, "source" | "spec"> {
  const { engine_pins: pins = {}, pinned_engine_version: pinned } = environment;
  if (Object.hasOwn(pins, slug)) return { source: "engine_pin", spec: pins[slug]! };
  return pinned === undefined ? { source: "latest", spec: "latest" } : { source: "environment_pin", spec: pinned };
}

/** What runs that name no version themselves would run with, in each environment of the organization, live first. Throws 404. */
export async function listPins(scope: OrgScope, slug: string): Promise<EnginePinList> {
  const engine = await findEngine(scope, slug);
  const environments = (await listAllEnvironments(scope)).data;
  const specs = environments.map((environment) => specOf(environment, slug));
  const versions = await versionsOfSpecs(
    scope,
    engine.id,
    specs.map(({ spec }) => spec),
  );
  const data = environments.map(({ slug: environment, kind }, index) => {
    const { source, spec } = specs[index]!;
    return { environment, kind, source, spec, version: versions.get(spec) ?? null };
  });
  return { data };
}

/** The number that each spec means now; those that mean none are absent. */
async function versionsOfSpecs(scope: OrgScope, engineId: string, specs: string[]): Promise<Map<string, string>> {
  const { orgId } = scope;
  const heads = await prisma().engineVersionHead.findMany({ where: { orgId, engineId, spec: { in: specs } } });
  const rows = await prisma().engineVersion.findMany({
    where: { orgId, id: { in: heads.map((head) => head.versionId) } },
    select: { id: true, major: true, minor: true },
  });
  const numbers = new Map(rows.map((row) => [row.id, formatVersion(row)]));
  return new Map(heads.map((head) => [head.spec, numbers.get(head.versionId)!]));
}
