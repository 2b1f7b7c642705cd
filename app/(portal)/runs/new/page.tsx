import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";

import { readTester, type SearchParams } from "@/app/(portal)/first-read";
import { TesterView } from "@/components/tester/tester-view";

export const metadata: Metadata = { title: "New run" };

export default async function NewRunPage({ searchParams }: { searchParams: SearchParams }) {
  const params = await searchParams;
  const textOf = (name: string) => {
    const value = params[name];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const from = textOf("from");
  return (
    <HydrationBoundary state={dehydrate(await readTester(from))}>
      <TesterView engine={textOf("engine")} version={textOf("version")} from={from} />
    </HydrationBoundary>
  );
}
