/** Proves that an organization's audit log is whole: every event is there, in its place, and says what it said. */
import { prisma } from "../db.ts";
import { bodyHash, eventHash, GENESIS_HASH } from "./hash-chain.ts";

export type AuditVerdict =
  | { intact: true; events: number; erased: number }
  /** `seq`: the first event that is wrong. */
  | { intact: false; seq: bigint; problem: string };

const CHUNK = 1_000;

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Walks the chain from its beginning. `erased` counts events whose body retention has removed; their hashes still hold the chain. */
export async function verifyAuditLog(orgId: string): Promise<AuditVerdict> {
  // Read before the events: one that is appended meanwhile stands after this end and is left for the next verification.
  const end = await prisma().auditChain.findUnique({ where: { orgId } });
  const startedAt = new Date();
  let previous: Uint8Array = GENESIS_HASH;
  let seq = 0n;
  let erased = 0;
  for (;;) {
    const events = await prisma().auditEvent.findMany({
      where: { orgId, seq: { gt: seq, lte: end?.lastSeq ?? 0n } },
      orderBy: { seq: "asc" },
      take: CHUNK,
    });
    for (const event of events) {
      if (event.seq !== seq + 1n) return { intact: false, seq: seq + 1n, problem: "the event is missing" };
      if (!equal(event.hash, eventHash(previous, event.seq, event.bodyHash)))
        return { intact: false, seq: event.seq, problem: "its hash does not follow from the event before" };
      if (event.body === null || event.salt === null) erased += 1;
      else if (!equal(event.bodyHash, bodyHash(event.salt, event.body)))
        return { intact: false, seq: event.seq, problem: "its body was changed" };
      seq = event.seq;
      previous = event.hash;
    }
    if (events.length < CHUNK) break;
  }
  if (end && (end.lastSeq !== seq || !equal(end.lastHash, previous)))
    return { intact: false, seq: seq + 1n, problem: "the end of the log is missing" };
  if (await hasEventsBeyond(orgId, seq, startedAt))
    return { intact: false, seq: seq + 1n, problem: "the log goes on beyond its recorded end" };
  return { intact: true, events: Number(seq), erased };
}

/** Whether events stand after the recorded end that were there before the verification began. */
async function hasEventsBeyond(orgId: string, seq: bigint, before: Date): Promise<boolean> {
  const [row] = await prisma().auditEvent.findMany({
    where: { orgId, seq: { gt: seq }, createdAt: { lt: before } },
    take: 1,
  });
  return row !== undefined;
}
