import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readEndpoint, readEndpointDeliveries, stayInEnvironment } from "@/app/(portal)/webhooks/read-webhooks";
import { EndpointDeliveries } from "@/components/webhooks/endpoint-deliveries";

export const metadata: Metadata = { title: "Endpoint · Webhooks" };

type Props = { params: Promise<{ id: string }>; searchParams: SearchParams };

export default async function EndpointPage({ params, searchParams }: Props) {
  const { id } = await params;
  await stayInEnvironment(`/webhooks/${id}`, (await readEndpoint(id)).environment, searchParams);
  return (
    <HydrationBoundary state={dehydrate(await readEndpointDeliveries(id, searchParams))}>
      <EndpointDeliveries />
    </HydrationBoundary>
  );
}
