import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readEndpoint, stayInEnvironment } from "@/app/(portal)/webhooks/read-webhooks";
import { ReceiverCheckView } from "@/components/webhooks/receiver-check";

export const metadata: Metadata = { title: "Receiver check · Webhooks" };

type Props = { params: Promise<{ id: string }>; searchParams: SearchParams };

export default async function ReceiverCheckPage({ params, searchParams }: Props) {
  const { id } = await params;
  await stayInEnvironment(`/webhooks/${id}/check`, (await readEndpoint(id)).environment, searchParams);
  return <ReceiverCheckView />;
}
