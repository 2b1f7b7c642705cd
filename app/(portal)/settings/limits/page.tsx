import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import { LimitsView } from "@/components/limits/limits-view";
import { makeQueryClient } from "@/components/shell/query-client";
import { requirePageSession } from "@/lib/auth/session";
import { limitsQuery } from "@/lib/limits/query-options";
import { getLimits } from "@/lib/limits/service";

export const metadata: Metadata = { title: "Limits" };

export default async function LimitsPage() {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  await queryClient.prefetchQuery({ queryKey: limitsQuery().queryKey, queryFn: () => getLimits(scope) });
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <LimitsView />
    </HydrationBoundary>
  );
}
