import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { redirect } from "next/navigation";

import { listPageEnvironments, pageEnvironment, readRun, type SearchParams } from "@/app/(portal)/first-read";
import { RunView } from "@/components/runs/run-view";
import { ALL_SLUG, environmentHref } from "@/lib/environments/environment-param";

export const metadata: Metadata = { title: "Run" };

type Props = { params: Promise<{ id: string }>; searchParams: SearchParams };

export default async function RunPage({ params, searchParams }: Props) {
  const { id } = await params;
  const { queryClient, environment } = await readRun(id);
  const shown = await pageEnvironment(searchParams);
  // A run is never shown under the name and colour of another environment than its own.
  if (environment !== null && shown.kind !== "all" && shown.slug !== environment) {
    const exists = (await listPageEnvironments()).data.some(({ slug }) => slug === environment);
    redirect(environmentHref(`/runs/${id}`, exists ? environment : ALL_SLUG));
  }
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <RunView id={id} />
    </HydrationBoundary>
  );
}
