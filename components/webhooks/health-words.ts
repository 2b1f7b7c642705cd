/** The health of an endpoint in numbers and words. Pure. */
import { formatCount, formatPlural } from "@/components/ui/format-number";
import { HEALTH_SAMPLE } from "@/lib/webhooks/health-sample";
import type { EndpointHealth } from "@/lib/webhooks/schema";

export type HealthHour = EndpointHealth["hours"][number];

/** `99.3 %`: rounded down, so that 100 % means that nothing has failed. */
export function formatRate(rate: number): string {
  const tenths = Math.floor(rate * 1_000) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)}\u00a0%`;
}

/** What the rate is told from where an endpoint is sent very much: to be said beside it. */
export const SAMPLE_WORDS = `by the newest ${HEALTH_SAMPLE} deliveries of each hour`;

/** What the 24 hours hold in all. */
export function totalsOf(hours: readonly HealthHour[]) {
  const sum = (of: (hour: HealthHour) => number) => hours.reduce((total, hour) => total + of(hour), 0);
  return {
    delivered: sum((hour) => hour.delivered),
    failed: sum((hour) => hour.failed),
    retrying: sum((hour) => hour.retrying),
    pending: sum((hour) => hour.pending),
  };
}

const clock = (iso: string) => iso.slice(11, 16);

/** `14:00 UTC: 20 delivered, 3 failed`. */
export function hourWords({ start, delivered, failed, retrying, pending, sampled }: HealthHour): string {
  const parts = [
    delivered > 0 ? `${formatCount(delivered)} delivered` : [],
    failed > 0 ? `${formatCount(failed)} failed` : [],
    retrying > 0 ? `${formatCount(retrying)} tried again after a failure` : [],
    pending > 0 ? `${formatCount(pending)} pending` : [],
  ].flat();
  const more = sampled ? `, of the newest ${HEALTH_SAMPLE}` : "";
  return `${clock(start)} UTC: ${parts.length > 0 ? parts.join(", ") + more : "nothing sent"}`;
}

const unsuccessful = ({ failed, retrying }: HealthHour) => failed + retrying;

/** The chart in a sentence, for those who do not see it. */
export function healthWords(health: Pick<EndpointHealth, "hours" | "success_rate" | "sampled">): string {
  const { hours, success_rate: rate, sampled } = health;
  const { delivered, failed, retrying, pending } = totalsOf(hours);
  if (rate === null) {
    return pending > 0
      ? `Last 24 hours: ${formatPlural(pending, "delivery", "deliveries")} still being tried`
      : "Nothing was sent in the last 24 hours";
  }
  const worst = hours.reduce((most, hour) => (unsuccessful(hour) > unsuccessful(most) ? hour : most), hours[0]!);
  const where = unsuccessful(worst) > 0 ? `, most failures at ${clock(worst.start)} UTC` : "";
  if (sampled) return `Last 24 hours: about ${formatRate(rate)} success, ${SAMPLE_WORDS}${where}`;
  const again = retrying > 0 ? `, ${formatCount(retrying)} tried again after a failure` : "";
  return `Last 24 hours: ${formatRate(rate)} success, ${formatPlural(delivered, "delivery", "deliveries")} made, ${formatCount(failed)} failed${again}${where}`;
}
