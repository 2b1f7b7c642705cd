/** Rows of engines and their versions, as more than one service writes and reads them. */
import type { OrgScope } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import type { EngineType } from "../generated/prisma/enums.ts";
import type { InputJsonObject } from "../generated/prisma/internal/prismaNamespace.ts";
import type { EngineModel, EngineVersionModel } from "../generated/prisma/models.ts";
import { notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import type { EngineConfig } from "./schema.ts";
import { mintVersion, type Minted } from "./minting.ts";
import { specsOf, type VersionNumber } from "./version-number.ts";

/** An engine without its draft, which may be large: see config-room.ts. */
export type EngineRow = Omit<EngineModel, "draftConfig">;

export type NewEngine = {
  slug: string;
  name: string;
  description: string;
  type: EngineType;
  timeoutMs?: number | undefined;
  config?: EngineConfig | undefined;
  /** Who made the draft, as people know them. */
  draftBy?: string;
};

/** Inserts an engine with its draft. Null where the slug is taken, also by somebody who takes it at this moment. */
export async function insertEngine(tx: Tx, orgId: string, engine: NewEngine): Promise<EngineRow | null> {
  const { config, draftBy, timeoutMs, ...rest } = engine;
  const data = {
    orgId,
    id: newId(),
    ...rest,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(config === undefined ? {} : { draftConfig: config as InputJsonObject, draftUpdatedBy: draftBy ?? null }),
  };
  const [row] = await tx.engine.createManyAndReturn({
    data: [data],
    skipDuplicates: true,
    omit: { draftConfig: true },
  });
  return row ?? null;
}

export type NewVersion = {
  config: EngineConfig;
  changelog: string;
  publishedById: string;
  publishedBy: string;
};

const NEWEST_FIRST = [{ major: "desc" as const }, { minor: "desc" as const }];

/** What the next version of an engine is to be, and the id of the newest one that it was compared with; null where it is the first. */
export type PreparedVersion = { follows: string | null; minted: Minted };

/** Compares a config with the newest version, without holding anything up: to be done before insertVersion, which compares under a lock. */
export async function prepareVersion(
  scope: OrgScope,
  engine: { id: string; type: EngineType },
  config: EngineConfig,
): Promise<PreparedVersion> {
  const newest = await latestVersion(scope, engine.id);
  return { follows: newest && newest.id, minted: mintVersion(engine.type, newest, config) };
}

/**
 * Mints the next version of an engine, by what its config is to that of the newest one (minting.ts), and makes it what `latest`, `<major>.x` and
 * its own number mean, all in the caller's transaction. Publications of one engine take turns on its row, so that each is compared with the one
 * that it follows; what was prepared holds where no other has been published since.
 */
export async function insertVersion(
  tx: Tx,
  orgId: string,
  engineId: string,
  wanted: NewVersion,
  prepared?: PreparedVersion,
): Promise<{ row: Omit<EngineVersionModel, "config">; minted: Minted }> {
  const [engine] = await tx.$queryRaw<{ type: EngineType }[]>`
    select type from engine where org_id = ${orgId}::uuid and id = ${engineId}::uuid for update`;
  if (!engine) throw notFound("Engine");
  const { config, ...rest } = wanted;
  const newest = await tx.engineVersion.findFirst({
    where: { orgId, engineId },
    orderBy: NEWEST_FIRST,
    select: { id: true },
  });
  const minted =
    prepared?.follows === (newest?.id ?? null)
      ? prepared.minted
      : mintVersion(
          engine.type,
          newest && (await tx.engineVersion.findUniqueOrThrow({ where: { orgId_id: { orgId, id: newest.id } } })),
          config,
        );
  const row = await tx.engineVersion.create({
    data: { orgId, id: newId(), engineId, ...minted.number, config: config as InputJsonObject, ...rest },
    omit: { config: true },
  });
  for (const spec of specsOf(minted.number)) {
    await tx.engineVersionHead.upsert({
      where: { orgId_engineId_spec: { orgId, engineId, spec } },
      create: { orgId, engineId, spec, versionId: row.id },
      update: { versionId: row.id },
    });
  }
  return { row, minted };
}

/** The newest published number of each of these engines; engines without one are absent. */
export async function latestVersions(
  scope: OrgScope,
  engineIds: readonly string[],
): Promise<Map<string, { major: number; minor: number }>> {
  const heads = await prisma().engineVersionHead.findMany({
    where: { orgId: scope.orgId, engineId: { in: [...engineIds] }, spec: "latest" },
  });
  const versions = await prisma().engineVersion.findMany({
    where: { orgId: scope.orgId, id: { in: heads.map((head) => head.versionId) } },
    select: { engineId: true, major: true, minor: true },
  });
  return new Map(versions.map(({ engineId, ...number }) => [engineId, number]));
}

/** The newest published version with its config, or null. */
export function latestVersion(scope: OrgScope, engineId: string): Promise<EngineVersionModel | null> {
  return prisma().engineVersion.findFirst({
    where: { orgId: scope.orgId, engineId },
    orderBy: NEWEST_FIRST,
  });
}

/** A published version with its config, or null. */
export function findVersion(
  scope: OrgScope,
  engineId: string,
  number: VersionNumber,
): Promise<EngineVersionModel | null> {
  return prisma().engineVersion.findFirst({ where: { orgId: scope.orgId, engineId, ...number } });
}

/** A config that an engine has: its draft, its newest version, or one by its number. */
export type StoredConfig = "draft" | "latest" | VersionNumber;

/** How many bytes these configs of an engine have as JSON, all together, without loading them; those that are not there have none. */
export async function storedBytes(engine: EngineRow, configs: readonly StoredConfig[]): Promise<number> {
  const bytes = await Promise.all(configs.map((config) => bytesOf(engine, config)));
  return bytes.reduce((sum, one) => sum + one, 0);
}

async function bytesOf({ orgId, id }: EngineRow, config: StoredConfig): Promise<number> {
  const [row] =
    config === "draft"
      ? await prisma().$queryRaw<{ bytes: number | null }[]>`
          select octet_length(draft_config::text) as bytes from engine where org_id = ${orgId}::uuid and id = ${id}::uuid`
      : config === "latest"
        ? await prisma().$queryRaw<{ bytes: number }[]>`
            select octet_length(config::text) as bytes from engine_version
            where org_id = ${orgId}::uuid and engine_id = ${id}::uuid order by major desc, minor desc limit 1`
        : await prisma().$queryRaw<{ bytes: number }[]>`
            select octet_length(config::text) as bytes from engine_version
            where org_id = ${orgId}::uuid and engine_id = ${id}::uuid and major = ${config.major} and minor = ${config.minor}`;
  return row?.bytes ?? 0;
}
