/** 24 hours of deliveries, an hour a bar: delivered from the ground, failed on top of it. Drawn to the highest hour. */
import { healthWords, hourWords } from "@/components/webhooks/health-words";
import { cn } from "@/components/ui/cn";
import type { EndpointHealth } from "@/lib/webhooks/schema";

const [WIDTH, HEIGHT, STEP, BAR] = [168, 28, 7, 5];
// What is there at all is seen.
const LEAST = 2;

/** A picture, and the same in a sentence for those who do not see it; each bar says its numbers when it is pointed at. */
export function SuccessSparkline({
  health,
  className,
}: {
  health: Pick<EndpointHealth, "hours" | "success_rate">;
  className?: string;
}) {
  const highest = Math.max(1, ...health.hours.map(({ delivered, failed }) => delivered + failed));
  const heightOf = (count: number) => (count === 0 ? 0 : Math.max(LEAST, (count / highest) * (HEIGHT - 2)));
  return (
    <span className={cn("shrink-0", className)}>
      <span className="sr-only">{healthWords(health)}</span>
      <svg aria-hidden viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="h-7 w-42">
        {health.hours.map((hour, index) => {
          const [good, bad] = [heightOf(hour.delivered), heightOf(hour.failed)];
          const x = index * STEP + 1;
          return (
            <g key={hour.start}>
              <title>{hourWords(hour)}</title>
              <rect x={index * STEP} width={STEP} height={HEIGHT} className="fill-transparent" />
              <rect x={x} y={HEIGHT - 1} width={BAR} height={1} className="fill-line-strong" />
              {good > 0 ? (
                <rect x={x} y={HEIGHT - good} width={BAR} height={good} className="fill-success-solid" />
              ) : null}
              {bad > 0 ? (
                <rect
                  x={x}
                  y={Math.max(0, HEIGHT - good - bad - (good > 0 ? 1 : 0))}
                  width={BAR}
                  height={bad}
                  className="fill-danger-solid"
                />
              ) : null}
            </g>
          );
        })}
      </svg>
    </span>
  );
}
