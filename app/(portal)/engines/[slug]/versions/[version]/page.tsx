import type { Metadata } from "next";

import { VersionView } from "@/components/engines/version-view";

type Props = { params: Promise<{ slug: string; version: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).version };
}

export default async function EngineVersionPage({ params }: Props) {
  const { slug, version } = await params;
  return <VersionView slug={slug} version={version} />;
}
