import type { Metadata } from "next";

import { VersionDiffView } from "@/components/engines/version-diff-view";

export const metadata: Metadata = { title: "Compare" };

export default async function EngineDiffPage({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  return <VersionDiffView slug={slug} />;
}
