import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import { readEngines } from "@/app/(portal)/first-read";
import { EnginesView } from "@/components/engines/engines-view";

export const metadata: Metadata = { title: "Engines" };

export default async function EnginesPage() {
  return (
    <HydrationBoundary state={dehydrate(await readEngines())}>
      <EnginesView />
    </HydrationBoundary>
  );
}
