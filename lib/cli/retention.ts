/** `nexio org set-retention`: for how long the payloads of one organization are kept. */
import { findOrganization, setPayloadRetention } from "../organizations/service.ts";
import { retentionPolicy } from "../runs/retention-policy-service.ts";
import { payloadDaysOf } from "../runs/retention.ts";
import { CommandFailure } from "./failure.ts";

export const SET_RETENTION_TAKES = "<id> <days>|off";
const MAX_DAYS = 36_500;

function daysOf(text: string): number | null {
  if (text === "off") return null;
  if (!/^\d{1,5}$/.test(text)) throw new CommandFailure(`Usage: nexio org set-retention ${SET_RETENTION_TAKES}`, 2);
  const days = Number(text);
  if (days < 1 || days > MAX_DAYS)
    throw new CommandFailure(`Days are 1 to ${MAX_DAYS}; off leaves it to the operator`, 2);
  return days;
}

/** Days in words; null is for ever. */
export function keptFor(days: number | null): string {
  return days === null ? "for ever" : `for ${days} ${days === 1 ? "day" : "days"}`;
}

/** `<id> <days>|off` */
export async function setRetention([id, days, ...more]: readonly string[]): Promise<void> {
  if (!id || !days || more.length > 0)
    throw new CommandFailure(`Usage: nexio org set-retention ${SET_RETENTION_TAKES}`, 2);
  const own = daysOf(days);
  const organization = await findOrganization(id);
  await setPayloadRetention(organization, own);
  const kept = payloadDaysOf(retentionPolicy(), own);
  const why = own !== null && own !== kept ? ": the policy of this installation is shorter" : "";
  console.log(`${organization.name} keeps inputs and outputs ${keptFor(kept)}${why}`);
}
