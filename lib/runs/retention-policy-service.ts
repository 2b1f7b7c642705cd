/** The operator's retention policy, as configured. */
import { prisma } from "../db.ts";
import { env } from "../env.ts";
import { payloadDaysOf, type RetentionPolicy } from "./retention.ts";

const orForEver = (days: number): number | null => (days === 0 ? null : days);

/** What the operator has configured. */
export function retentionPolicy(): RetentionPolicy {
  return {
    payloadDays: orForEver(env.NEXIO_PAYLOAD_RETENTION_DAYS),
    runDays: orForEver(env.NEXIO_RUN_RETENTION_DAYS),
  };
}

/** The days that an organization's payloads are kept now; null: for ever. */
export async function payloadRetentionDays(orgId: string): Promise<number | null> {
  const row = await prisma().organization.findUnique({
    where: { id: orgId },
    select: { payloadRetentionDays: true },
  });
  return payloadDaysOf(retentionPolicy(), row?.payloadRetentionDays ?? null);
}
