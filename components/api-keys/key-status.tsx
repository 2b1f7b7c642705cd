/** Whether a key still works, in a word and a colour. */
import { Badge } from "@/components/ui/badge";
import type { ApiKeyStatus } from "@/lib/api-keys/query-options";

const STATUS = {
  active: { tone: "success", label: "Active" },
  expiring: { tone: "warning", label: "Expiring" },
  expired: { tone: "neutral", label: "Expired" },
  revoked: { tone: "danger", label: "Revoked" },
} as const;

/** A badge. */
export function KeyStatus({ status }: { status: ApiKeyStatus }) {
  const { tone, label } = STATUS[status];
  return <Badge tone={tone}>{label}</Badge>;
}
