import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import { readApiKeys, type SearchParams } from "@/app/(portal)/first-read";
import { ApiKeysView } from "@/components/api-keys/api-keys-view";

export const metadata: Metadata = { title: "API keys" };

export default async function ApiKeysPage({ searchParams }: { searchParams: SearchParams }) {
  return (
    <HydrationBoundary state={dehydrate(await readApiKeys(searchParams))}>
      <ApiKeysView />
    </HydrationBoundary>
  );
}
