/** The first reads of the webhooks pages; see first-read.ts. */
import { redirect } from "next/navigation";
import { cache } from "react";

import { listPageEnvironments, pageEnvironment, readScope, type SearchParams } from "@/app/(portal)/first-read";
import { makeQueryClient } from "@/components/shell/query-client";
import { loadDeliveryFilters } from "@/components/webhooks/delivery-filter-params";
import { requirePageSession } from "@/lib/auth/session";
import { ALL_SLUG, environmentHref } from "@/lib/environments/environment-param";
import { DEFAULT_PAGE_SIZE } from "@/lib/page-size";
import { createdRange } from "@/lib/runs/created-range";
import * as deliveries from "@/lib/webhooks/deliveries-service";
import { eventCatalogue } from "@/lib/webhooks/event-catalogue";
import {
  deliveriesQuery,
  deliveryQuery,
  endpointDeliveriesQuery,
  endpointQuery,
  endpointsQuery,
  eventTypesQuery,
} from "@/lib/webhooks/query-options";
import { getEndpointWithHealth, listEndpointsWithHealth } from "@/lib/webhooks/statistics-service";

/** The tab "Endpoints". */
export async function readEndpoints(searchParams: SearchParams) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("webhooks:read")) return queryClient;
  const { slug } = await pageEnvironment(searchParams);
  const params = await searchParams;
  const cursor = typeof params["cursor"] === "string" ? params["cursor"] : null;
  const deleted = params["deleted"] === "true";
  await queryClient.prefetchQuery({
    queryKey: endpointsQuery(slug, { deleted, cursor }).queryKey,
    queryFn: async () =>
      listEndpointsWithHealth(await readScope(scope, slug), {
        cursor: cursor ?? undefined,
        limit: DEFAULT_PAGE_SIZE,
        deleted: deleted ? "true" : undefined,
      }),
  });
  return queryClient;
}

async function deliveryFilters(searchParams: SearchParams) {
  const { cursor, endpoint, run, event_id: eventId, ...others } = await loadDeliveryFilters(searchParams);
  const filters = { ...others, endpointId: endpoint, runId: run, eventId };
  const { createdAfter, createdBefore } = createdRange(filters.created, Date.now());
  const query = {
    status: filters.status.length > 0 ? filters.status : undefined,
    event: filters.event.length > 0 ? filters.event : undefined,
    run_id: run ?? undefined,
    event_id: eventId ?? undefined,
    created_after: createdAfter,
    created_before: createdBefore,
    cursor: cursor ?? undefined,
    limit: DEFAULT_PAGE_SIZE,
  };
  return { filters, cursor, query };
}

/** The tab "Deliveries". */
export async function readDeliveries(searchParams: SearchParams) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("webhooks:read")) return queryClient;
  const { slug } = await pageEnvironment(searchParams);
  const { filters, cursor, query } = await deliveryFilters(searchParams);
  await queryClient.prefetchQuery({
    queryKey: deliveriesQuery(slug, filters, cursor).queryKey,
    queryFn: async () =>
      deliveries.listDeliveries(await readScope(scope, slug), {
        ...query,
        endpoint_id: filters.endpointId ?? undefined,
      }),
  });
  return queryClient;
}

/** The tab "Event catalogue". */
export async function readCatalogue() {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (scope.permissions.has("webhooks:read")) queryClient.setQueryData(eventTypesQuery().queryKey, eventCatalogue());
  return queryClient;
}

/** The first read of every tab of an endpoint; layout and page of one request ask once. */
export const readEndpoint = cache(async (id: string) => {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("webhooks:read")) return { queryClient, environment: null };
  const { queryKey } = endpointQuery(id);
  await queryClient.prefetchQuery({ queryKey, queryFn: () => getEndpointWithHealth(scope, id) });
  return { queryClient, environment: queryClient.getQueryData(queryKey)?.environment ?? null };
});

/** The tab "Deliveries" of an endpoint. */
export async function readEndpointDeliveries(id: string, searchParams: SearchParams) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("webhooks:read")) return queryClient;
  const { filters, cursor, query } = await deliveryFilters(searchParams);
  await queryClient.prefetchQuery({
    queryKey: endpointDeliveriesQuery(id, { ...filters, endpointId: null }, cursor).queryKey,
    queryFn: () => deliveries.listEndpointDeliveries(scope, id, query),
  });
  return queryClient;
}

/** The page of a delivery; `environment` is the slug of its environment, null where there is no such delivery. */
export async function readDelivery(endpointId: string, id: string) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("webhooks:read")) return { queryClient, environment: null };
  const { queryKey } = deliveryQuery({ endpoint_id: endpointId, id });
  await queryClient.prefetchQuery({ queryKey, queryFn: () => deliveries.getDelivery(scope, endpointId, id) });
  return { queryClient, environment: queryClient.getQueryData(queryKey)?.environment ?? null };
}

/** What belongs to an environment is never shown under the name and colour of another one: leads to its own. */
export async function stayInEnvironment(path: string, environment: string | null, searchParams: SearchParams) {
  if (environment === null) return;
  const shown = await pageEnvironment(searchParams);
  if (shown.kind === "all" || shown.slug === environment) return;
  const exists = (await listPageEnvironments()).data.some(({ slug }) => slug === environment);
  redirect(environmentHref(path, exists ? environment : ALL_SLUG));
}
