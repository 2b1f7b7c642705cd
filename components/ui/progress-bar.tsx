/** How far something is. Its words stand beside it; the bar itself moves only when its numbers do. */
import { cn } from "@/components/ui/cn";

/** `max` null: how much there is to do is not known yet. */
export function ProgressBar({
  label,
  value,
  max,
  className,
}: {
  label: string;
  value: number;
  max: number | null;
  className?: string;
}) {
  return (
    <progress
      aria-label={label}
      max={max === null || max === 0 ? 1 : max}
      value={max === null ? 0 : Math.min(value, max)}
      className={cn(
        "block h-1 w-full appearance-none overflow-hidden rounded-full border-0 bg-selected [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-selected [&::-webkit-progress-value]:bg-accent",
        className,
      )}
    />
  );
}
