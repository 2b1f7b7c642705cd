/** Import of keys that existed before: hashes only, for live and the legacy `test`, without expiry. */
import * as audit from "../audit/service.ts";
import type { OrgScope } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import { ensureLegacyTest } from "../environments/legacy-store.ts";
import { ApiError, notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import type { ImportRow } from "./import-row.ts";
import { keyMaker } from "./key-maker.ts";

export type ImportResult = { imported: number; known: number; madeTest: boolean };

const CHUNK = 1_000;

/** The environment's id by slug; makes the legacy `test` where a row needs it. */
async function targets(tx: Tx, scope: OrgScope, rows: readonly ImportRow[]) {
  const live = await tx.environment.findUnique({ where: { orgId_slug: { orgId: scope.orgId, slug: "live" } } });
  if (!live) throw notFound("Organization");
  const needsTest = rows.some((row) => row.environmentSlug === "test");
  const test = needsTest ? await ensureLegacyTest(tx, scope.orgId) : null;
  return { ids: { live: live.id, test: test?.id }, madeTest: test?.made ?? false };
}

/** Rows whose hash belongs to another organization or another environment: they are somebody else's keys. */
async function strangers(tx: Tx, scope: OrgScope, rows: readonly (ImportRow & { environmentId: string })[]) {
  const known = await tx.apiKey.findMany({
    where: { hash: { in: rows.map((row) => row.hash) } },
    select: { hash: true, orgId: true, environmentId: true },
  });
  const byHash = new Map(known.map((key) => [Buffer.from(key.hash).toString("hex"), key]));
  return rows.filter((row) => {
    const key = byHash.get(Buffer.from(row.hash).toString("hex"));
    return key && (key.orgId !== scope.orgId || key.environmentId !== row.environmentId);
  });
}

/**
 * Imports all rows or none. Keys that are there already stay as they are, revoked ones too, so that an import may be repeated.
 * Throws 409 with the lines of hashes that belong to another organization or environment.
 */
export async function importApiKeys(scope: OrgScope, rows: readonly ImportRow[]): Promise<ImportResult> {
  return prisma().$transaction(
    async (tx) => {
      const { ids, madeTest } = await targets(tx, scope, rows);
      const placed = rows.map((row) => ({ ...row, environmentId: ids[row.environmentSlug]! }));
      let imported = 0;
      for (let start = 0; start < placed.length; start += CHUNK) {
        const chunk = placed.slice(start, start + CHUNK);
        const { count } = await tx.apiKey.createMany({
          data: chunk.map(({ environmentId, name, hash, prefix, scopes }) => ({
            id: newId(),
            orgId: scope.orgId,
            environmentId,
            name,
            hash,
            prefix,
            scopes: [...scopes],
            ...keyMaker(scope.principal),
          })),
          skipDuplicates: true,
        });
        // After the insert, which has waited for others that insert the same hash.
        const foreign = await strangers(tx, scope, chunk);
        if (foreign.length > 0) {
          throw new ApiError(
            "conflict",
            "Some keys belong to another organization or environment; nothing was imported",
            {
              details: foreign.map((row) => ({ path: `line ${row.line}`, message: `${row.prefix}… is there already` })),
            },
          );
        }
        imported += count;
      }
      if (imported > 0 || madeTest) {
        await audit.record(tx, scope, {
          action: "api_key.import",
          target: { type: "organization", id: scope.orgId },
          details: { imported, made_test: madeTest },
        });
      }
      return { imported, known: rows.length - imported, madeTest };
    },
    // a file of a hundred thousand keys takes some ten seconds
    { timeout: 300_000 },
  );
}
