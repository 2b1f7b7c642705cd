/** An event's type, as it stands on the wire. */
import { cn } from "@/components/ui/cn";
import { Badge } from "@/components/ui/badge";

/** In a table or a sentence. */
export function EventLabel({ type, className }: { type: string; className?: string }) {
  return <code className={cn("font-mono text-xs text-soft", className)}>{type}</code>;
}

/** All that an endpoint gets. */
export function EventBadges({ types }: { types: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {types.map((type) => (
        <Badge key={type} className="font-mono">
          {type}
        </Badge>
      ))}
    </span>
  );
}
