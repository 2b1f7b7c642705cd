/** Engines that pins name: engines stand above environments, and know nothing of this. */
import type { Tx } from "../db.ts";

/** Those of the slugs that no engine of the organization has, in their order. */
export async function slugsWithoutEngine(tx: Tx, orgId: string, slugs: readonly string[]): Promise<string[]> {
  if (slugs.length === 0) return [];
  const rows = await tx.engine.findMany({ where: { orgId, slug: { in: [...slugs] } }, select: { slug: true } });
  const known = new Set(rows.map(({ slug }) => slug));
  return slugs.filter((slug) => !known.has(slug));
}
