/**
 * Engines and their drafts. They belong to the organization: what changes here changes for every environment, which is why the
 * public API takes writes from keys of live only.
 */
import { keyMaker } from "../api-keys/key-maker.ts";
import * as audit from "../audit/service.ts";
import type { OrgScope } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma } from "../db.ts";
import { ApiError, notFound } from "../errors.ts";
import type { EngineModel } from "../generated/prisma/models.ts";
import type { PageQuery } from "../page.ts";
import { toIso } from "../time.ts";
import { bytesOfConfig, withConfigRoom } from "./config-room.ts";
import { refuseUrl } from "./http-config.ts";
import {
  type ConfigValidity,
  type CreatedEngine,
  type CreateEngine,
  type EngineConfig,
  type EngineDto,
  type EnginePage,
  type UpdateEngine,
} from "./schema.ts";
import { addSecret } from "./secret-store.ts";
import { ENGINE_SLUG_PATTERN, engineSlugProblem } from "./slug.ts";
import { type EngineRow, insertEngine, latestVersions, storedBytes } from "./store.ts";
import { validateConfig } from "./validation-service.ts";
import { formatVersion, type VersionNumber } from "./version-number.ts";

function toEngine(row: EngineRow, latest: VersionNumber | undefined): EngineDto {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    type: row.type,
    timeout_ms: row.timeoutMs,
    latest_version: latest ? formatVersion(latest) : null,
    created_at: toIso(row.createdAt),
    updated_at: toIso(row.updatedAt),
  };
}

/** The draft of a row: what is not a JSON object was never put there. */
export function draftOf(row: EngineModel): EngineConfig | null {
  return (row.draftConfig ?? null) as EngineConfig | null;
}

/** An engine of the organization by its slug, without its draft. Throws 404. */
export async function findEngine(scope: OrgScope, slug: string): Promise<EngineRow> {
  const row = ENGINE_SLUG_PATTERN.test(slug)
    ? await prisma().engine.findUnique({
        where: { orgId_slug: { orgId: scope.orgId, slug } },
        omit: { draftConfig: true },
      })
    : null;
  if (!row) throw notFound("Engine");
  return row;
}

/** An engine that was found, as it is now, with its draft: to be called where there is room for it (config-room.ts). Throws 404. */
export async function loadDraft({ orgId, id }: EngineRow): Promise<EngineModel> {
  const row = await prisma().engine.findUnique({ where: { orgId_id: { orgId, id } } });
  if (!row) throw notFound("Engine");
  return row;
}

async function withLatest(scope: OrgScope, row: EngineRow): Promise<EngineDto> {
  return toEngine(row, (await latestVersions(scope, [row.id])).get(row.id));
}

/** A page of the organization's engines, in the order of their creation. */
export async function listEngines(scope: OrgScope, query: PageQuery): Promise<EnginePage> {
  const after = idOfCursor(query.cursor);
  const rows = await prisma().engine.findMany({
    where: { orgId: scope.orgId, ...(after === undefined ? {} : { id: { gt: after } }) },
    orderBy: { id: "asc" },
    take: query.limit + 1,
    omit: { draftConfig: true },
  });
  const latest = await latestVersions(
    scope,
    rows.map((row) => row.id),
  );
  return toPage(rows, query.limit, (row) => toEngine(row, latest.get(row.id)));
}

/** One engine. Throws 404. */
export async function getEngine(scope: OrgScope, slug: string): Promise<EngineDto> {
  return withLatest(scope, await findEngine(scope, slug));
}

/**
 * Creates an engine, with a draft if one is given. The signing secret of an `http` engine is in this answer only. Throws `invalid_slug`,
 * `slug_taken`, `url_not_allowed` for a draft that names such a URL, and 503 where there is no room for the draft.
 */
export async function createEngine(scope: OrgScope, input: CreateEngine): Promise<CreatedEngine> {
  const problem = engineSlugProblem(input.slug);
  if (problem) throw new ApiError("invalid_slug", problem, { details: [{ path: "slug", message: problem }] });
  if (input.type === "http" && input.config) refuseUrl(input.config);
  return withConfigRoom(
    scope,
    () => (input.config ? bytesOfConfig(input.config) : 0),
    () => addEngine(scope, input),
  );
}

async function addEngine(scope: OrgScope, input: CreateEngine): Promise<CreatedEngine> {
  return prisma().$transaction(async (tx) => {
    const row = await insertEngine(tx, scope.orgId, {
      slug: input.slug,
      name: input.name,
      description: input.description ?? "",
      type: input.type,
      timeoutMs: input.timeout_ms,
      config: input.config,
      draftBy: keyMaker(scope.principal).createdBy,
    });
    if (!row) {
      const message = `There is an engine with the slug ${input.slug}`;
      throw new ApiError("slug_taken", message, { details: [{ path: "slug", message: "is taken" }] });
    }
    const secret = row.type === "http" ? { secret: await addSecret(tx, scope.orgId, row.id) } : {};
    await audit.record(tx, scope, {
      action: "engine.create",
      target: { type: "engine", id: row.id, label: row.slug },
      details: { type: row.type },
    });
    return { ...toEngine(row, undefined), ...secret };
  });
}

/** Changes name, description or timeout; what is absent stays. Throws 404. */
export async function updateEngine(scope: OrgScope, slug: string, input: UpdateEngine): Promise<EngineDto> {
  const found = await findEngine(scope, slug);
  const row = await prisma().$transaction(async (tx) => {
    const changed = await tx.engine.update({
      where: { orgId_id: { orgId: scope.orgId, id: found.id } },
      data: {
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.description === undefined ? {} : { description: input.description }),
        ...(input.timeout_ms === undefined ? {} : { timeoutMs: input.timeout_ms }),
        updatedAt: new Date(),
      },
      omit: { draftConfig: true },
    });
    await audit.record(tx, scope, {
      action: "engine.update",
      target: { type: "engine", id: found.id, label: slug },
      details: { fields: Object.keys(input), timeout_ms: changed.timeoutMs },
    });
    return changed;
  });
  return withLatest(scope, row);
}

/** Validates a config for this engine, or its draft where none is given. Throws 404, and 503 where there is no room; problems are an answer, not an error. */
export async function validateEngineConfig(
  scope: OrgScope,
  slug: string,
  config: EngineConfig | undefined,
): Promise<ConfigValidity> {
  const engine = await findEngine(scope, slug);
  return withConfigRoom(
    scope,
    () => (config ? bytesOfConfig(config) : storedBytes(engine, ["draft"])),
    async () => validateConfig(scope, engine.type, config ?? draftOf(await loadDraft(engine))),
  );
}
