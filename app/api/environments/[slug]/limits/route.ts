/** The organization's own limits of one environment. */
import { EnvironmentParamsSchema } from "@/lib/environments/schema";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { EnvironmentLimitsSchema, SetEnvironmentLimitsSchema } from "@/lib/limits/schema";
import { getEnvironmentLimits, setEnvironmentLimits } from "@/lib/limits/service";

export const GET = sessionRoute(
  { params: EnvironmentParamsSchema, response: EnvironmentLimitsSchema },
  ({ scope, params }) => getEnvironmentLimits(scope, params.slug),
);

export const PUT = sessionRoute(
  {
    permission: "environments:manage",
    params: EnvironmentParamsSchema,
    find: ({ scope, params }) => getEnvironmentLimits(scope, params.slug),
    body: SetEnvironmentLimitsSchema,
    response: EnvironmentLimitsSchema,
  },
  ({ scope, params, body }) => setEnvironmentLimits(scope, params.slug, body),
);

export const { POST, PATCH, DELETE, OPTIONS } = otherMethods({ GET, PUT });
