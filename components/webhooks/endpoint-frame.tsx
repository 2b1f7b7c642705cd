/** What stands above every tab of an endpoint: where it is, how it does, what can be done with it, the tabs. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, SearchX } from "lucide-react";
import Link from "next/link";
import { createContext, type ReactNode, useContext } from "react";

import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { EndpointActions } from "@/components/webhooks/endpoint-actions";
import { EndpointBanners } from "@/components/webhooks/endpoint-banners";
import { EndpointHealthFigures } from "@/components/webhooks/endpoint-card";
import { endpointPollMs } from "@/components/webhooks/endpoint-poll";
import { EndpointState } from "@/components/webhooks/endpoint-state";
import { EventBadges } from "@/components/webhooks/event-label";
import { LinkTabs } from "@/components/webhooks/webhooks-frame";
import { PortalError } from "@/lib/http/portal-client";
import { endpointQuery } from "@/lib/webhooks/query-options";
import type { PortalEndpointDto } from "@/lib/webhooks/schema";

const EndpointContext = createContext<PortalEndpointDto | null>(null);

/** The endpoint of the page. Only below EndpointFrame. */
export function useEndpoint(): PortalEndpointDto {
  const endpoint = useContext(EndpointContext);
  if (!endpoint) throw new Error("useEndpoint needs an EndpointFrame above it");
  return endpoint;
}

/** Loads the endpoint and puts the tab (`children`) below. */
export function EndpointFrame({ id, children }: { id: string; children: ReactNode }) {
  const mayRead = useCan("webhooks:read");
  const query = useQuery({
    ...endpointQuery(id),
    enabled: mayRead,
    refetchInterval: ({ state }) => endpointPollMs(state.data, Date.now()),
  });
  if (!mayRead) return <NoPermission permission="webhooks:read" what="webhooks" />;
  if (query.isPending) return <FrameSkeleton />;
  if (query.error instanceof PortalError && query.error.status === 404) return <EndpointNotFound id={id} />;
  if (query.isError) return <QueryErrorView title="The endpoint could not be loaded" query={query} />;
  return (
    <EndpointContext value={query.data}>
      <EndpointHeader endpoint={query.data} />
      {children}
    </EndpointContext>
  );
}

const tabsOf = (id: string) => [
  { path: `/webhooks/${id}`, label: "Deliveries" },
  { path: `/webhooks/${id}/check`, label: "Receiver check" },
  { path: `/webhooks/${id}/verify`, label: "Verify signatures" },
  { path: `/webhooks/${id}/settings`, label: "Settings" },
];

function EndpointHeader({ endpoint }: { endpoint: PortalEndpointDto }) {
  const kindOf = useKindOf();
  return (
    <header>
      <BackLink path="/webhooks" label="Webhooks" />
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-96 flex-col gap-2">
          <div className="flex min-w-0 items-start gap-1">
            <h1 className="min-w-0 font-mono text-lg font-medium tracking-normal break-all">{endpoint.url}</h1>
            <CopyButton text={endpoint.url} label="Copy URL" />
          </div>
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <EndpointState endpoint={endpoint} />
            <EnvironmentBadge slug={endpoint.environment} kind={kindOf(endpoint.environment)} />
            <EventBadges types={endpoint.events} />
            {endpoint.description ? <p className="text-sm text-muted">{endpoint.description}</p> : null}
          </div>
        </div>
        <EndpointActions endpoint={endpoint} />
      </div>
      <div className="mt-4">
        <EndpointHealthFigures health={endpoint.health} />
      </div>
      <div className="mt-4 flex flex-col gap-2 empty:hidden">
        <EndpointBanners endpoint={endpoint} />
      </div>
      <div className="mt-3">
        <LinkTabs label="Endpoint" tabs={tabsOf(endpoint.id)} />
      </div>
    </header>
  );
}

/** The way to what stands above a page. */
export function BackLink({ path, label }: { path: string; label: string }) {
  const { href } = useEnvironment();
  return (
    <Link
      href={href(path)}
      className="mb-2 -ml-1 inline-flex items-center gap-0.5 rounded-sm text-sm text-muted hover:text-ink"
    >
      <ChevronLeft className="size-4" aria-hidden />
      {label}
    </Link>
  );
}

function EndpointNotFound({ id }: { id: string }) {
  const { href } = useEnvironment();
  return (
    <StateView
      heading="h1"
      icon={SearchX}
      title="No such endpoint"
      actions={
        <Link href={href("/webhooks")} className={buttonStyles({})}>
          All endpoints
        </Link>
      }
    >
      This organization has no webhook endpoint{" "}
      <code className="font-mono text-xs break-all text-soft">{id.slice(0, 64)}</code>.
    </StateView>
  );
}

function FrameSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-5">
      <span className="sr-only">Loading the endpoint</span>
      <Skeleton className="h-4 w-20" />
      <Skeleton className="h-6 w-96 max-w-full" />
      <Skeleton className="h-7 w-72 max-w-full" />
      <div className="flex gap-6 border-b pb-3">
        <Skeleton className="w-16" />
        <Skeleton className="w-24" />
        <Skeleton className="w-24" />
      </div>
      <Skeleton className="h-64 w-full" />
    </div>
  );
}
