/** Published versions of engines: minted by the platform, never changed, resolved by runs through their heads. */
import * as audit from "../audit/service.ts";
import { keyMaker } from "../api-keys/key-maker.ts";
import { type OrgScope, requirePermission } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma } from "../db.ts";
import { ApiError, notFound } from "../errors.ts";
import type { EngineModel, EngineVersionModel } from "../generated/prisma/models.ts";
import type { PageQuery } from "../page.ts";
import { toIso } from "../time.ts";
import { withConfigRoom } from "./config-room.ts";
import { expectDraft } from "./draft-service.ts";
import type {
  EngineConfig,
  EngineVersionDetail,
  EngineVersionDto,
  EngineVersionPage,
  PublishEngine,
} from "./schema.ts";
import { draftOf, findEngine, loadDraft } from "./service.ts";
import { type EngineRow, findVersion, insertVersion, prepareVersion, storedBytes } from "./store.ts";
import { validateConfig } from "./validation-service.ts";
import { formatVersion, parseVersion } from "./version-number.ts";

function toVersion(engine: EngineRow, row: Omit<EngineVersionModel, "config">): EngineVersionDto {
  return {
    id: row.id,
    engine: engine.slug,
    version: formatVersion(row),
    changelog: row.changelog,
    published_by: row.publishedBy,
    created_at: toIso(row.createdAt),
  };
}

/** A page of an engine's versions, newest first. Throws 404. */
export async function listVersions(scope: OrgScope, slug: string, query: PageQuery): Promise<EngineVersionPage> {
  const engine = await findEngine(scope, slug);
  const before = idOfCursor(query.cursor);
  const rows = await prisma().engineVersion.findMany({
    where: { orgId: scope.orgId, engineId: engine.id, ...(before === undefined ? {} : { id: { lt: before } }) },
    orderBy: { id: "desc" },
    take: query.limit + 1,
    omit: { config: true },
  });
  return toPage(rows, query.limit, (row) => toVersion(engine, row));
}

/** One version with its config. Throws 403 without `engines:manage`, 404, also for texts that are no version, and 503 where there is no room. */
export async function getVersion(scope: OrgScope, slug: string, version: string): Promise<EngineVersionDetail> {
  requirePermission(scope, "engines:manage");
  const engine = await findEngine(scope, slug);
  const number = parseVersion(version);
  if (!number) throw notFound("Version");
  return withConfigRoom(
    scope,
    () => storedBytes(engine, [number]),
    async () => {
      const row = await findVersion(scope, engine.id, number);
      if (!row) throw notFound("Version");
      return { ...toVersion(engine, row), config: row.config as EngineConfig };
    },
  );
}

/**
 * Publishes the draft as it is now: validates it, mints the next number (the first is 1.0) and makes it `latest`. Throws 404, and 422
 * with the problems for a draft that is not valid or not there, 409 where it is another than `expected_updated_at` says, and 503 where there is no room or too many of the organization are being validated.
 */
export async function publishVersion(scope: OrgScope, slug: string, input: PublishEngine): Promise<EngineVersionDto> {
  const engine = await findEngine(scope, slug);
  return withConfigRoom(
    scope,
    () => storedBytes(engine, ["draft", "latest"]),
    async () => publishDraft(scope, await loadDraft(engine), input),
  );
}

async function publishDraft(scope: OrgScope, engine: EngineModel, input: PublishEngine): Promise<EngineVersionDto> {
  const config = draftOf(engine);
  const { problems } = await validateConfig(scope, engine.type, config);
  if (config === null || problems.length > 0) {
    const details = problems.map(({ path, message }) => ({ path: path === "" ? "config" : `config.${path}`, message }));
    throw new ApiError("unprocessable", "The draft is not valid and was not published", { details });
  }
  expectDraft(engine, input.expected_updated_at);
  const { createdById: publishedById, createdBy: publishedBy } = keyMaker(scope.principal);
  const wanted = { config, changelog: input.changelog ?? "", publishedById, publishedBy };
  const prepared = await prepareVersion(scope, engine, config);
  return prisma().$transaction(async (tx) => {
    const { row, minted } = await insertVersion(tx, scope.orgId, engine.id, wanted, prepared);
    await audit.record(tx, scope, {
      action: "engine.publish",
      target: { type: "engine", id: engine.id, label: engine.slug },
      details: { version: formatVersion(row), change: minted.change },
    });
    return toVersion(engine, row);
  });
}
