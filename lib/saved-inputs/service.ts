/**
 * Saved inputs: named inputs of an engine, with their offerings, shared by the organization. They are payloads: seeing them takes
 * `payloads:read`, and whoever may send runs may keep what they send.
 */
import { keyMaker } from "../api-keys/key-maker.ts";
import * as audit from "../audit/service.ts";
import { type OrgScope, requirePermission } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma, type Tx } from "../db.ts";
import { findEngine } from "../engines/service.ts";
import { ApiError, invalidField, notFound } from "../errors.ts";
import { parseJsonText } from "../http/json-input.ts";
import { topLevelMembers } from "../http/json-scan.ts";
import { Prisma } from "../generated/prisma/client.ts";
import type { SavedInputModel } from "../generated/prisma/models.ts";
import { isId, newId } from "../ids.ts";
import type { PageQuery } from "../page.ts";
import { toIso } from "../time.ts";
import type { CreateSavedInput, SavedInputDetail, SavedInputDto, SavedInputPage, UpdateSavedInput } from "./schema.ts";

const MAX_BYTES = 256 << 10;
const MAX_OF_ENGINE = 100;

type Payload = { input_json: string; offerings_json?: string | undefined };

function toSavedInput(row: Omit<SavedInputModel, "body">): SavedInputDto {
  return {
    id: row.id,
    name: row.name,
    created_by: row.createdBy,
    created_at: toIso(row.createdAt),
    updated_at: toIso(row.updatedAt),
  };
}

function toDetail(row: SavedInputModel): SavedInputDetail {
  const members = topLevelMembers(row.body);
  const offerings = members.get("offerings");
  return {
    ...toSavedInput(row),
    input_json: members.get("input")!,
    ...(offerings === undefined ? {} : { offerings_json: offerings }),
  };
}

/** Each must be JSON by itself before they are put together, and together what a run may be given. */
function bodyOf({ input_json: input, offerings_json: offerings }: Payload): string {
  requireJson("input_json", input);
  if (offerings !== undefined && !Array.isArray(requireJson("offerings_json", offerings))) {
    throw invalidField("offerings_json", "must be a list");
  }
  const body = `{"input":${input}${offerings === undefined ? "" : `,"offerings":${offerings}`}}`;
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BYTES) throw invalidField("input_json", `has ${bytes} bytes; at most ${MAX_BYTES} can be saved`);
  parseJsonText(body);
  return body;
}

function requireJson(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField(field, "is not JSON");
  }
}

const ofRow = ({ orgId, id }: { orgId: string; id: string }) => ({ orgId_id: { orgId, id } });

/** Throws 404 for an engine or a saved input that does not exist or is another's. */
export async function requireSavedInput(scope: OrgScope, slug: string, id: string): Promise<SavedInputModel> {
  const engine = await findEngine(scope, slug);
  const row = isId(id) ? await prisma().savedInput.findUnique({ where: ofRow({ orgId: scope.orgId, id }) }) : null;
  if (row?.engineId !== engine.id) throw notFound("Saved input");
  return row;
}

/** A page of an engine's saved inputs, in the order of their making, without what is in them. Throws 404. */
export async function listSavedInputs(scope: OrgScope, slug: string, query: PageQuery): Promise<SavedInputPage> {
  requirePermission(scope, "payloads:read");
  const engine = await findEngine(scope, slug);
  const after = idOfCursor(query.cursor);
  const rows = await prisma().savedInput.findMany({
    where: { orgId: scope.orgId, engineId: engine.id, ...(after === undefined ? {} : { id: { gt: after } }) },
    omit: { body: true },
    orderBy: { id: "asc" },
    take: query.limit + 1,
  });
  return toPage(rows, query.limit, toSavedInput);
}

/** One saved input with what is in it. Throws 404. */
export async function getSavedInput(scope: OrgScope, slug: string, id: string): Promise<SavedInputDetail> {
  requirePermission(scope, "payloads:read");
  return toDetail(await requireSavedInput(scope, slug, id));
}

function requireWriter(scope: OrgScope): void {
  requirePermission(scope, "runs:write");
  requirePermission(scope, "payloads:read");
}

/** Runs `work` in a transaction with its audit event; a name that is taken is a 409. */
async function change(
  scope: OrgScope,
  slug: string,
  action: "create" | "update" | "delete",
  work: (tx: Tx) => Promise<SavedInputModel>,
): Promise<SavedInputModel> {
  try {
    return await prisma().$transaction(async (tx) => {
      const row = await work(tx);
      await audit.record(tx, scope, {
        action: `saved_input.${action}`,
        target: { type: "saved_input", id: row.id, label: row.name },
        details: { engine: slug },
      });
      return row;
    });
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002")) throw error;
    const details = [{ path: "name", message: "is taken" }];
    throw new ApiError("conflict", "The engine has a saved input of this name", { details, cause: error });
  }
}

/**
 * Saves an input under a new name: what is read later is the text that was written, without the white space around it. Throws 404, 400 for
 * more than 256 KiB and for what is no JSON or no run may be given, 409 for a name that is taken and beyond
 * 100 an engine.
 */
export async function createSavedInput(
  scope: OrgScope,
  slug: string,
  input: CreateSavedInput,
): Promise<SavedInputDetail> {
  requireWriter(scope);
  const engine = await findEngine(scope, slug);
  const { orgId } = scope;
  const body = bodyOf(input);
  const row = await change(scope, slug, "create", async (tx) => {
    // Those who save at the same moment count one after the other.
    await tx.$queryRaw`select 1 from engine where org_id = ${orgId}::uuid and id = ${engine.id}::uuid for no key update`;
    if ((await tx.savedInput.count({ where: { orgId, engineId: engine.id } })) >= MAX_OF_ENGINE) {
      throw new ApiError("conflict", `An engine has at most ${MAX_OF_ENGINE} saved inputs: delete one first`);
    }
    const by = keyMaker(scope.principal);
    return tx.savedInput.create({ data: { orgId, engineId: engine.id, id: newId(), name: input.name, body, ...by } });
  });
  return toDetail(row);
}

/** Renames it, or puts another input into it, or both. Throws 404, 400 and 409 as createSavedInput does. */
export async function updateSavedInput(
  scope: OrgScope,
  slug: string,
  id: string,
  { name, input_json, offerings_json }: UpdateSavedInput,
): Promise<SavedInputDetail> {
  requireWriter(scope);
  await requireSavedInput(scope, slug, id);
  const data = {
    ...(name === undefined ? {} : { name }),
    ...(input_json === undefined ? {} : { body: bodyOf({ input_json, offerings_json }) }),
    updatedAt: new Date(),
  };
  const where = { orgId: scope.orgId, id };
  const row = await change(scope, slug, "update", async (tx) => {
    // Who deletes it at the same moment makes it a 404 and not a failure.
    const [changed] = await tx.savedInput.updateManyAndReturn({ where, data });
    if (!changed) throw notFound("Saved input");
    return changed;
  });
  return toDetail(row);
}

/** Deletes it. Throws 404. */
export async function deleteSavedInput(scope: OrgScope, slug: string, id: string): Promise<void> {
  requireWriter(scope);
  const found = await requireSavedInput(scope, slug, id);
  await change(scope, slug, "delete", async (tx) => {
    const { count } = await tx.savedInput.deleteMany({ where: { orgId: scope.orgId, id } });
    if (count === 0) throw notFound("Saved input");
    return found;
  });
}
