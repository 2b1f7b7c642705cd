import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { readEndpoint } from "@/app/(portal)/webhooks/read-webhooks";
import { EndpointFrame } from "@/components/webhooks/endpoint-frame";

type Props = { params: Promise<{ id: string }>; children: ReactNode };

export default async function EndpointLayout({ params, children }: Props) {
  const { id } = await params;
  return (
    <HydrationBoundary state={dehydrate((await readEndpoint(id)).queryClient)}>
      <EndpointFrame id={id}>{children}</EndpointFrame>
    </HydrationBoundary>
  );
}
