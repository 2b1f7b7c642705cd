/** The health of an endpoint in numbers and words. Pure. */
import { formatCount, formatPlural } from "@/components/ui/format-number";
import type { EndpointHealth } from "@/lib/webhooks/schema";

export type HealthHour = EndpointHealth["hours"][number];

/** `99.3 %`: rounded down, so that 100 % means that nothing has failed. */
export function formatRate(rate: number): string {
  const tenths = Math.floor(rate * 1_000) / 10;
  return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)}\u00a0%`;
}

/** What the 24 hours hold in all. */
export function totalsOf(hours: readonly HealthHour[]): { delivered: number; failed: number; pending: number } {
  const sum = (of: (hour: HealthHour) => number) => hours.reduce((total, hour) => total + of(hour), 0);
  return {
    delivered: sum((hour) => hour.delivered),
    failed: sum((hour) => hour.failed),
    pending: sum((hour) => hour.pending),
  };
}

const clock = (iso: string) => iso.slice(11, 16);

/** `14:00 UTC: 20 delivered, 3 failed`. */
export function hourWords({ start, delivered, failed, pending, sampled }: HealthHour): string {
  const parts = [
    delivered > 0 ? `${formatCount(delivered)} delivered` : [],
    failed > 0 ? `${formatCount(failed)} failed` : [],
    pending > 0 ? `${formatCount(pending)} pending` : [],
  ].flat();
  const more = sampled ? ", of the newest that were counted" : "";
  return `${clock(start)} UTC: ${parts.length > 0 ? parts.join(", ") + more : "nothing sent"}`;
}

/** The chart in a sentence, for those who do not see it. */
export function healthWords({ hours, success_rate: rate }: Pick<EndpointHealth, "hours" | "success_rate">): string {
  const { delivered, failed, pending } = totalsOf(hours);
  if (rate === null) {
    return pending > 0
      ? `Last 24 hours: ${formatPlural(pending, "delivery", "deliveries")} still being tried`
      : "Nothing was sent in the last 24 hours";
  }
  const worst = hours.reduce((most, hour) => (hour.failed > most.failed ? hour : most), hours[0]!);
  const where = worst.failed > 0 ? `, most of them at ${clock(worst.start)} UTC` : "";
  return `Last 24 hours: ${formatRate(rate)} success, ${formatPlural(delivered, "delivery", "deliveries")} made, ${formatCount(failed)} failed${where}`;
}
