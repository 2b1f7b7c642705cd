/** Bulk operations as the browser asks for them and follows them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { createdRange } from "../runs/created-range.ts";
import type { RunFilters } from "../runs/query-options.ts";
import type { BulkOperationDto, CancelFilter } from "./schema.ts";

const operationPath = (id: string, rest = "") => `/api/bulk-operations/${encodeURIComponent(id)}${rest}`;

/** One operation with how far it is. */
export function bulkOperationQuery(id: string) {
  return queryOptions({
    queryKey: ["bulk-operation", id],
    queryFn: ({ signal }) => portalFetch<BulkOperationDto>(operationPath(id), { signal }),
  });
}

/** The filters of the runs table as a filter of what is to be canceled: undefined where nothing is narrowed down. */
export function toCancelFilter({ status, engine, version, tag, created }: RunFilters): CancelFilter | undefined {
  const { createdAfter, createdBefore } = createdRange(created, Date.now());
  const open = (["PENDING", "RUNNING"] as const).filter((name) => status.includes(name));
  const filter: CancelFilter = {
    ...(open.length > 0 ? { status: open } : {}),
    ...(engine === null ? {} : { engine }),
    ...(version === null ? {} : { version }),
    ...(tag === null ? {} : { tag }),
    ...(createdAfter === undefined ? {} : { created_after: createdAfter }),
    ...(createdBefore === undefined ? {} : { created_before: createdBefore }),
  };
  return Object.keys(filter).length > 0 ? filter : undefined;
}

/** Asks for the runs of an environment to be canceled: those that fit, or all. */
export function cancelRuns(environment: string, filter: CancelFilter | undefined): Promise<BulkOperationDto> {
  const body = filter ? { filter } : { all: true };
  return portalFetch(portalUrl("/api/runs/cancel", { environment }), { method: "POST", body });
}

/** Stops an operation; what it has done stays done. */
export function stopBulkOperation({ id, environment }: BulkOperationDto): Promise<BulkOperationDto> {
  return portalFetch(portalUrl(operationPath(id, "/stop"), { environment }), { method: "POST" });
}
