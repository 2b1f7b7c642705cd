/** The health of an endpoint in numbers and words. Pure. */
import { formatCount, formatPlural } from "@/components/ui/format-number";
import { HEALTH_SAMPLE } from "@/lib/webhooks/health-sample";
import type { EndpointHealth } from "@/lib/webhooks/schema";

export type HealthHour = EndpointHealth["hours"][number];
/** What the sentence about the chart is told from. */
export type SummedHealth = Omit<EndpointHealth, "last_delivery">;

/** `99.3 %`: rounded down, so that 100 % means that nothing has failed. */
export function formatRate(rate: number): string {
  const tenths = Math.floor(rate * 1_000) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)}\u00a0%`;
}

/** What the rate is told from where an endpoint is sent very much: to be said beside it. */
export const SAMPLE_WORDS = `by the newest ${HEALTH_SAMPLE} deliveries of each hour that were attempted`;

/** What the 24 hours hold in all. */
export function totalsOf(hours: readonly HealthHour[]) {
  const sum = (of: (hour: HealthHour) => number) => hours.reduce((total, hour) => total + of(hour), 0);
  return {
    delivered: sum((hour) => hour.delivered),
    failed: sum((hour) => hour.failed),
    unattempted: sum((hour) => hour.unattempted),
    retrying: sum((hour) => hour.retrying),
  };
}

const clock = (iso: string) => iso.slice(11, 16);

/** `14:00 UTC: 20 delivered, 3 failed`. */
export function hourWords(hour: HealthHour): string {
  const { start, delivered, failed, unattempted, retrying, pending, sampled } = hour;
  const parts = [
    delivered > 0 ? `${formatCount(delivered)} delivered` : [],
    failed > 0 ? `${formatCount(failed)} failed` : [],
    unattempted > 0 ? `${formatCount(unattempted)} failed without an attempt` : [],
    retrying > 0 ? `${formatCount(retrying)} tried again after a failure` : [],
    pending > 0 ? `${formatCount(pending)} pending` : [],
  ].flat();
  const more = sampled ? `; no more than ${HEALTH_SAMPLE} are counted that were attempted, and that were not` : "";
  return `${clock(start)} UTC: ${parts.length > 0 ? parts.join(", ") + more : "nothing sent"}`;
}

/** Why there is no rate. */
function unattemptedWords({ hours, pending, pending_is_more: more }: SummedHealth): string {
  const { unattempted } = totalsOf(hours);
  const least = hours.some(({ sampled }) => sampled) ? "at least " : "";
  const parts = [
    pending > 0 ? `${more ? "more than " : ""}${formatPlural(pending, "delivery", "deliveries")} pending` : [],
    unattempted > 0 ? `${least}${formatPlural(unattempted, "delivery", "deliveries")} failed without an attempt` : [],
  ].flat();
  return parts.length > 0
    ? `Last 24 hours: nothing attempted, ${parts.join(", ")}`
    : "Nothing was sent in the last 24 hours";
}

const unsuccessful = ({ failed, retrying }: HealthHour) => failed + retrying;

/** The chart in a sentence, for those who do not see it. */
export function healthWords(health: SummedHealth): string {
  const { hours, success_rate: rate, sampled } = health;
  const { delivered, failed, retrying } = totalsOf(hours);
  if (rate === null) return unattemptedWords(health);
  const worst = hours.reduce((most, hour) => (unsuccessful(hour) > unsuccessful(most) ? hour : most), hours[0]!);
  const where = unsuccessful(worst) > 0 ? `, most failures at ${clock(worst.start)} UTC` : "";
  if (sampled) return `Last 24 hours: about ${formatRate(rate)} success, ${SAMPLE_WORDS}${where}`;
  const again = retrying > 0 ? `, ${formatCount(retrying)} tried again after a failure` : "";
  return `Last 24 hours: ${formatRate(rate)} success, ${formatPlural(delivered, "delivery", "deliveries")} made, ${formatCount(failed)} failed${again}${where}`;
}
