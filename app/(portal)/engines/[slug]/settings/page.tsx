import type { Metadata } from "next";

import { EngineSettings } from "@/components/engines/engine-settings";

export const metadata: Metadata = { title: "Settings" };

export default async function EngineSettingsPage({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  return <EngineSettings slug={slug} />;
}
