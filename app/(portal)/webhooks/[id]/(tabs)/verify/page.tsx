import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readEndpoint, stayInEnvironment } from "@/app/(portal)/webhooks/read-webhooks";
import { VerifySignatures } from "@/components/webhooks/verify-signatures";

export const metadata: Metadata = { title: "Verify signatures · Webhooks" };

type Props = { params: Promise<{ id: string }>; searchParams: SearchParams };

export default async function VerifySignaturesPage({ params, searchParams }: Props) {
  const { id } = await params;
  await stayInEnvironment(`/webhooks/${id}/verify`, (await readEndpoint(id)).environment, searchParams);
  return <VerifySignatures />;
}
