/** What limits the organization, for everybody in it. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { LimitsSchema } from "@/lib/limits/schema";
import { getLimits } from "@/lib/limits/service";

export const GET = sessionRoute({ response: LimitsSchema }, ({ scope }) => getLimits(scope));

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
