import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import { readCatalogue } from "@/app/(portal)/webhooks/read-webhooks";
import { EventCatalogue } from "@/components/webhooks/event-catalogue";

export const metadata: Metadata = { title: "Event catalogue · Webhooks" };

export default async function EventCataloguePage() {
  return (
    <HydrationBoundary state={dehydrate(await readCatalogue())}>
      <EventCatalogue />
    </HydrationBoundary>
  );
}
