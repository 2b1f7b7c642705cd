/** Reads of what runs were given and what came of them. A payload may have megabytes, so that only so many bytes of them are read at once. */
import type { OrgScope } from "../auth/principal.ts";
import { type ByteBudget, processBudget } from "../byte-budget.ts";
import { pool } from "../db.ts";
import { overloaded } from "../errors.ts";

/** The stored texts; null where they are not, or not any more, or were not asked for. */
export type StoredPayloads = { input: string | null; output: string | null };

type Kind = keyof StoredPayloads;
export const ONLY_INPUT: readonly Kind[] = ["input"];
export const BOTH_PAYLOADS: readonly Kind[] = ["input", "output"];

const MAX_BYTES = 32 << 20;
/** Of one organization, so that its large runs keep nobody else's waiting. */
const MAX_BYTES_OF_ONE = 16 << 20;
/** So much is read without being counted: nobody waits for a small payload behind large ones. */
const SMALL = 64 << 10;

/** The bytes of payloads that this process holds for its callers. */
export function payloadBudget(): ByteBudget {
  return processBudget("payloads", MAX_BYTES, MAX_BYTES_OF_ONE);
}

/** The stored texts of a run's payloads, of these kinds. */
export async function readPayloads(scope: OrgScope, id: string, kinds: readonly Kind[]): Promise<StoredPayloads> {
  const { rows } = await pool().query<{ kind: Kind; body: string }>({
    name: "read-payloads",
    text: "select kind, body from run_payload where org_id = $1 and run_id = $2 and kind = any ($3::text[]::run_payload_kind[])",
    values: [scope.orgId, id, kinds],
  });
  const of = (kind: Kind) => rows.find((row) => row.kind === kind)?.body ?? null;
  return { input: of("input"), output: of("output") };
}

/**
 * Reads a run's payloads and does with them what is to be done while they are held; `bytes` is what that takes. Waits its turn, and throws
 * 503 `overloaded` where that takes too long, or `gone` says that nobody waits for it any more.
 */
export async function withPayloads<Result>(
  scope: OrgScope,
  id: string,
  kinds: readonly Kind[],
  bytes: number,
  use: (payloads: StoredPayloads) => Result,
  gone?: AbortSignal,
): Promise<Result> {
  const release = bytes > SMALL ? await payloadBudget().take(scope.orgId, bytes, gone) : undefined;
  try {
    const payloads = await readPayloads(scope, id, kinds);
    if (gone?.aborted) throw overloaded();
    return use(payloads);
  } finally {
    release?.();
  }
}
