import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readDeliveries } from "@/app/(portal)/webhooks/read-webhooks";
import { DeliveriesView } from "@/components/webhooks/deliveries-view";

export const metadata: Metadata = { title: "Deliveries · Webhooks" };

export default async function DeliveriesPage({ searchParams }: { searchParams: SearchParams }) {
  return (
    <HydrationBoundary state={dehydrate(await readDeliveries(searchParams))}>
      <DeliveriesView />
    </HydrationBoundary>
  );
}
