/** Where an endpoint stands: in a word, and in a sentence with what to do about it. */
import { Circle, CircleSlash, TriangleAlert } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import type { EndpointDto } from "@/lib/webhooks/schema";

type State = Pick<EndpointDto, "active" | "failing_since" | "deleted_at">;

/** Active, failing, disabled or deleted. */
export function EndpointState({ endpoint }: { endpoint: State }) {
  if (endpoint.deleted_at) {
    return (
      <Badge>
        <CircleSlash aria-hidden />
        Deleted
      </Badge>
    );
  }
  if (!endpoint.active) {
    return (
      <Badge tone="danger">
        <CircleSlash aria-hidden />
        Disabled
      </Badge>
    );
  }
  if (endpoint.failing_since) {
    return (
      <Badge tone="warning">
        <TriangleAlert aria-hidden />
        Failing
      </Badge>
    );
  }
  return (
    <Badge tone="success">
      <Circle className="fill-current stroke-none" aria-hidden />
      Active
    </Badge>
  );
}
