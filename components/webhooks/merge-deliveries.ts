/** How a page of deliveries takes in what a newer read of the first page says, without moving what is being read. Pure. */
import type { DeliveryDto, DeliveryPage } from "@/lib/webhooks/deliveries-schema";

export type MergedDeliveries = {
  /** The rows to be shown: those that were there, as they are now. One that the filters no longer fit is gone. */
  rows: readonly DeliveryDto[];
  /** Rows that are not shown yet. */
  fresh: number;
};

/** `shown` is the first page as it was when it was opened, `newest` as it is now; both newest first. */
export function mergeNewest(shown: DeliveryPage, newest: DeliveryPage | undefined): MergedDeliveries {
  if (newest === undefined) return { rows: shown.data, fresh: 0 };
  const now = new Map(newest.data.map((row) => [row.id, row]));
  // Ids are in the order of time: what is older than the last row of a full page may be there and not be seen.
  const oldestSeen = newest.next_cursor === null ? "" : (newest.data.at(-1)?.id ?? "");
  const known = new Set(shown.data.map((row) => row.id));
  return {
    rows: shown.data.flatMap((row) => now.get(row.id) ?? (row.id < oldestSeen ? [row] : [])),
    fresh: newest.data.filter((row) => !known.has(row.id)).length,
  };
}
