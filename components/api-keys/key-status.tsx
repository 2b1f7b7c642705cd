/** Whether a key still works, in a word and a colour. */
import { Badge } from "@/components/ui/badge";
import type { ApiKeyDto } from "@/lib/api-keys/schema";

const STATUS = {
  active: { tone: "success", label: "Active" },
  expiring: { tone: "warning", label: "Expiring" },
  expired: { tone: "neutral", label: "Expired" },
  revoked: { tone: "danger", label: "Revoked" },
} as const;

/** A badge. */
export function KeyStatus({ status }: { status: ApiKeyDto["status"] }) {
  const { tone, label } = STATUS[status];
  return <Badge tone={tone}>{label}</Badge>;
}
