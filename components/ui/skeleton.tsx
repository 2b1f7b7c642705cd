/** Grey bars in the shape of what is about to come. */
import { cn } from "@/components/ui/cn";

/** One bar; size it by class. Hidden from assistive technology: the region around it says that it loads. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn("block h-3 rounded-sm bg-selected", className)} />;
}
