import type { Metadata } from "next";

import type { SearchParams } from "@/app/(portal)/first-read";
import { readEndpoint, stayInEnvironment } from "@/app/(portal)/webhooks/read-webhooks";
import { EndpointSettings } from "@/components/webhooks/endpoint-settings";

export const metadata: Metadata = { title: "Settings · Webhooks" };

type Props = { params: Promise<{ id: string }>; searchParams: SearchParams };

export default async function EndpointSettingsPage({ params, searchParams }: Props) {
  const { id } = await params;
  await stayInEnvironment(`/webhooks/${id}/settings`, (await readEndpoint(id)).environment, searchParams);
  return <EndpointSettings />;
}
