/** The draft of an engine: work in progress of several people at a time, so that whoever saves can say which draft they started from. */
import { keyMaker } from "../api-keys/key-maker.ts";
import * as audit from "../audit/service.ts";
import { type OrgScope, requirePermission } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import { ApiError, notFound } from "../errors.ts";
import type { InputJsonObject } from "../generated/prisma/internal/prismaNamespace.ts";
import type { EngineModel } from "../generated/prisma/models.ts";
import { toIso } from "../time.ts";
import { bytesOfConfig, withConfigRoom } from "./config-room.ts";
import { refuseUrl } from "./http-config.ts";
import type { EngineDraft, PutEngineDraft } from "./schema.ts";
import { draftOf, findEngine, loadDraft } from "./service.ts";
import { type EngineRow, storedBytes } from "./store.ts";

function toDraft(row: EngineModel): EngineDraft {
  return { config: draftOf(row), updated_at: toIso(row.draftUpdatedAt), updated_by: row.draftUpdatedBy };
}

/** The draft. Throws 403 without `engines:manage`, as everything does that tells how an engine decides; 404, and 503 where there is no room. */
export async function getDraft(scope: OrgScope, slug: string): Promise<EngineDraft> {
  requirePermission(scope, "engines:manage");
  const engine = await findEngine(scope, slug);
  return withConfigRoom(
    scope,
    () => storedBytes(engine, ["draft"]),
    async () => toDraft(await loadDraft(engine)),
  );
}

/** A larger draft is not sent along with a page: in its HTML it would take many times its size. */
const MAX_PAGE_BYTES = 64 << 10;

/** Whether the draft is small enough to be sent along with a page. Throws 404. */
export async function fitsPage(scope: OrgScope, slug: string): Promise<boolean> {
  return (await storedBytes(await findEngine(scope, slug), ["draft"])) <= MAX_PAGE_BYTES;
}

/** Throws 409 `conflict` that says who changed the draft and when, unless it is still the one that the caller has seen, or does not say. */
export function expectDraft(row: EngineRow, expectedUpdatedAt: string | undefined): void {
  if (expectedUpdatedAt === undefined || Date.parse(expectedUpdatedAt) === row.draftUpdatedAt.getTime()) return;
  const message = `was changed${row.draftUpdatedBy === null ? "" : ` by ${row.draftUpdatedBy}`} at ${toIso(row.draftUpdatedAt)}`;
  throw new ApiError("conflict", `The draft ${message}, after the one that this started from`, {
    details: [{ path: "expected_updated_at", message: `the draft ${message}` }],
  });
}

/**
 * Replaces the draft, valid or not: a draft is work in progress. Saves of one draft take turns, and no two have the same `updated_at`.
 * Throws 404, 400 `url_not_allowed` for an `http` engine, 409 `conflict` where the draft is another than `expected_updated_at` says, and 503 where there is no room.
 */
export async function putDraft(scope: OrgScope, slug: string, input: PutEngineDraft): Promise<EngineDraft> {
  const { id, type } = await findEngine(scope, slug);
  if (type === "http") refuseUrl(input.config);
  return withConfigRoom(
    scope,
    () => bytesOfConfig(input.config),
    () => saveDraft(scope, id, slug, input),
  );
}

function saveDraft(scope: OrgScope, id: string, slug: string, input: PutEngineDraft): Promise<EngineDraft> {
  return prisma().$transaction(async (tx) => {
    const before = await lockEngine(tx, scope, id);
    expectDraft(before, input.expected_updated_at);
    const now = new Date(Math.max(Date.now(), before.draftUpdatedAt.getTime() + 1));
    const row = await tx.engine.update({
      where: { orgId_id: { orgId: scope.orgId, id } },
      data: {
        draftConfig: input.config as InputJsonObject,
        draftUpdatedAt: now,
        draftUpdatedBy: keyMaker(scope.principal).createdBy,
        updatedAt: now,
      },
    });
    await audit.record(tx, scope, { action: "engine.draft", target: { type: "engine", id, label: slug } });
    return toDraft(row);
  });
}

async function lockEngine(tx: Tx, { orgId }: OrgScope, id: string): Promise<EngineRow> {
  await tx.$queryRaw`select 1 from engine where org_id = ${orgId}::uuid and id = ${id}::uuid for update`;
  const row = await tx.engine.findUnique({ where: { orgId_id: { orgId, id } }, omit: { draftConfig: true } });
  if (!row) throw notFound("Engine");
  return row;
}
