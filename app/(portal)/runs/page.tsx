import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import { readRuns, type SearchParams } from "@/app/(portal)/first-read";
import { RunsView } from "@/components/runs/runs-view";

export const metadata: Metadata = { title: "Runs" };

export default async function RunsPage({ searchParams }: { searchParams: SearchParams }) {
  return (
    <HydrationBoundary state={dehydrate(await readRuns(searchParams))}>
      <RunsView />
    </HydrationBoundary>
  );
}
