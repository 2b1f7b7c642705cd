import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import type { ReactNode } from "react";

import { readEngine } from "@/app/(portal)/first-read";
import { EngineFrame } from "@/components/engines/engine-frame";

type Props = { params: Promise<{ slug: string }>; children: ReactNode };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug } = await params;
  return { title: { template: `%s · ${slug} · Nexio`, default: `${slug} · Nexio` } };
}

export default async function EngineLayout({ params, children }: Props) {
  const { slug } = await params;
  return (
    <HydrationBoundary state={dehydrate(await readEngine(slug))}>
      <EngineFrame slug={slug}>{children}</EngineFrame>
    </HydrationBoundary>
  );
}
