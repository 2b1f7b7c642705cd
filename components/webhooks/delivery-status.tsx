/** A delivery's status: the shapes of runs' statuses, and always the word. */
import { RunStatusIcon } from "@/components/runs/run-status";
import { cn } from "@/components/ui/cn";
import type { RunStatusName } from "@/lib/runs/schema";
import type { DeliveryStatusName } from "@/lib/webhooks/deliveries-schema";

const LOOK: Record<DeliveryStatusName, { shape: RunStatusName; word: string }> = {
  PENDING: { shape: "PENDING", word: "text-muted" },
  DELIVERED: { shape: "COMPLETED", word: "text-success-text" },
  FAILED: { shape: "FAILED", word: "text-danger-text" },
  CANCELED: { shape: "CANCELED", word: "text-muted" },
};

/** The shape alone; the word must stand beside it. */
export function DeliveryStatusIcon({ status, className }: { status: DeliveryStatusName; className?: string }) {
  return <RunStatusIcon status={LOOK[status].shape} {...(className ? { className } : {})} />;
}

/** Shape and word. */
export function DeliveryStatusLabel({ status, className }: { status: DeliveryStatusName; className?: string }) {
  return (
    <span
      className={cn("inline-flex items-center gap-1.5 align-middle text-xs font-medium", LOOK[status].word, className)}
    >
      <DeliveryStatusIcon status={status} />
      {status}
    </span>
  );
}
