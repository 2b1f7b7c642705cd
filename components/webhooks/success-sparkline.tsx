/**
 * 24 hours of deliveries, an hour a bar: delivered from the ground, on top of it what failed (after an attempt and without one), what is tried again after a failure, and what waits for
 * its first attempt. Drawn to the highest hour.
 */
import { type HealthHour, healthWords, hourWords, type SummedHealth } from "@/components/webhooks/health-words";
import { cn } from "@/components/ui/cn";

const [WIDTH, HEIGHT, STEP, BAR] = [168, 28, 7, 5];
// What is there at all is seen.
const LEAST = 2;

const PARTS = [
  ["delivered", "fill-success-solid"],
  ["failed", "fill-danger-solid"],
  ["unattempted", "fill-danger-solid"],
  ["retrying", "fill-warning-solid"],
  ["pending", "fill-control"],
] as const;

/** The parts of an hour's bar from the ground up, with a line between them. */
function partsOf(hour: HealthHour, highest: number) {
  let top = HEIGHT;
  return PARTS.filter(([part]) => hour[part] > 0).map(([part, className]) => {
    const height = Math.max(LEAST, (hour[part] / highest) * (HEIGHT - PARTS.length));
    const y = Math.max(0, top - height);
    top = y - 1;
    return { y, height, className };
  });
}

/** A picture, and the same in a sentence for those who do not see it; each bar says its numbers when it is pointed at. */
export function SuccessSparkline({ health, className }: { health: SummedHealth; className?: string }) {
  const highest = Math.max(1, ...health.hours.map((hour) => PARTS.reduce((sum, [part]) => sum + hour[part], 0)));
  return (
    <span className={cn("shrink-0", className)}>
      <span className="sr-only">{healthWords(health)}</span>
      <svg aria-hidden viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="h-7 w-42">
        {health.hours.map((hour, index) => (
          <g key={hour.start}>
            <title>{hourWords(hour)}</title>
            <rect x={index * STEP} width={STEP} height={HEIGHT} className="fill-transparent" />
            <rect x={index * STEP + 1} y={HEIGHT - 1} width={BAR} height={1} className="fill-line-strong" />
            {partsOf(hour, highest).map(({ y, height, className: fill }) => (
              <rect key={fill} x={index * STEP + 1} y={y} width={BAR} height={height} className={fill} />
            ))}
          </g>
        ))}
      </svg>
    </span>
  );
}
