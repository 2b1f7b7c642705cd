/** The legacy environment `test`: a system row that only an import of nx_test_ keys makes. */
import type { Tx } from "../db.ts";
import { newId } from "../ids.ts";

/** Finds or makes the row; `made` says which. It does not count in the limit. */
export async function ensureLegacyTest(tx: Tx, orgId: string): Promise<{ id: string; made: boolean }> {
  const made = await tx.$executeRaw`
    insert into environment (org_id, id, slug, kind) values (${orgId}::uuid, ${newId()}::uuid, 'test', 'test')
    on conflict (org_id, slug) do nothing`;
  const { id } = await tx.environment.findUniqueOrThrow({ where: { orgId_slug: { orgId, slug: "test" } } });
  return { id, made: made === 1 };
}
