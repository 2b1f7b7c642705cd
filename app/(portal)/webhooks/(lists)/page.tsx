import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readEndpoints } from "@/app/(portal)/webhooks/read-webhooks";
import { WebhooksView } from "@/components/webhooks/webhooks-view";

export const metadata: Metadata = { title: "Webhooks" };

export default async function WebhooksPage({ searchParams }: { searchParams: SearchParams }) {
  return (
    <HydrationBoundary state={dehydrate(await readEndpoints(searchParams))}>
      <WebhooksView />
    </HydrationBoundary>
  );
}
