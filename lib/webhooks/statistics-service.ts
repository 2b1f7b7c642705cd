/** Endpoints as the portal shows them: with how they have done. */
import { toIso } from "../time.ts";
import type { Within } from "./endpoint-store.ts";
import type {
  EndpointDto,
  EndpointHealth,
  ListPortalEndpointsQuery,
  PortalEndpointDto,
  PortalEndpointPage,
} from "./schema.ts";
import { getEndpoint, listEndpoints } from "./service.ts";
import { type EndpointFigures, readFigures } from "./statistics-store.ts";

function toHealth({ hours, pending, pendingIsMore, last }: EndpointFigures): EndpointHealth {
  const delivered = hours.reduce((sum, hour) => sum + hour.delivered, 0);
  const attempted = hours.reduce((sum, hour) => sum + hour.delivered + hour.failed + hour.retrying, 0);
  return {
    success_rate: attempted === 0 ? null : delivered / attempted,
    ...(attempted > 0 && hours.some(({ sampled }) => sampled) ? { sampled: true as const } : {}),
    hours: hours.map(({ startMs, sampled, ...counts }) => ({
      start: toIso(new Date(startMs)),
      ...counts,
      ...(sampled ? { sampled: true as const } : {}),
    })),
    pending,
    ...(pendingIsMore ? { pending_is_more: true as const } : {}),
    last_delivery:
      last === null
        ? null
        : {
            id: last.id,
            status: last.status,
            created_at: toIso(last.created_at),
            ...(last.last_status_code === null ? {} : { last_status_code: last.last_status_code }),
          },
  };
}

async function withHealth(orgId: string, endpoints: readonly EndpointDto[]): Promise<PortalEndpointDto[]> {
  const ids = endpoints.map(({ id }) => id);
  const figures = await readFigures(orgId, ids, Date.now());
  return endpoints.map((endpoint) => ({ ...endpoint, health: toHealth(figures.get(endpoint.id)!) }));
}

/** As listEndpoints, with the health of each. */
export async function listEndpointsWithHealth(
  scope: Within,
  { deleted, ...query }: ListPortalEndpointsQuery,
): Promise<PortalEndpointPage> {
  const page = await listEndpoints(scope, query, { deleted: deleted === "true" });
  return { ...page, data: await withHealth(scope.orgId, page.data) };
}

/** One endpoint with its health, deleted or not. Throws 404. */
export async function getEndpointWithHealth(scope: Within, id: string): Promise<PortalEndpointDto> {
  const [endpoint] = await withHealth(scope.orgId, [await getEndpoint(scope, id, { deleted: true })]);
  return endpoint!;
}
