import type { Metadata } from "next";

import { EngineEditor } from "@/components/engines/engine-editor";

export const metadata: Metadata = { title: "Editor" };

export default async function EnginePage({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  return <EngineEditor slug={slug} />;
}
