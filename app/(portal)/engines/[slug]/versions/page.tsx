import type { Metadata } from "next";

import { VersionsView } from "@/components/engines/versions-view";

export const metadata: Metadata = { title: "Versions" };

export default async function EngineVersionsPage({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  return <VersionsView slug={slug} />;
}
