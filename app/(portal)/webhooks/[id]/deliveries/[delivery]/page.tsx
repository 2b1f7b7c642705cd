import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readDelivery, stayInEnvironment } from "@/app/(portal)/webhooks/read-webhooks";
import { DeliveryView } from "@/components/webhooks/delivery-view";

export const metadata: Metadata = { title: "Delivery · Webhooks" };

type Props = { params: Promise<{ id: string; delivery: string }>; searchParams: SearchParams };

export default async function DeliveryPage({ params, searchParams }: Props) {
  const { id, delivery } = await params;
  const { queryClient, environment } = await readDelivery(id, delivery);
  await stayInEnvironment(`/webhooks/${id}/deliveries/${delivery}`, environment, searchParams);
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <DeliveryView endpointId={id} id={delivery} />
    </HydrationBoundary>
  );
}
