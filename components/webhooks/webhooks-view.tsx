/** The endpoints of an environment, or of all. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Webhook } from "lucide-react";
import Link from "next/link";
import { parseAsBoolean, useQueryState } from "nuqs";

import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { PagerButtons, useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { EndpointCard } from "@/components/webhooks/endpoint-card";
import { CreateEndpoint } from "@/components/webhooks/webhooks-frame";
import { endpointsQuery } from "@/lib/webhooks/query-options";

const POLL_MS = 10_000;

/** The tab "Endpoints". Deleted ones are shown instead on request, because their history stays. */
export function WebhooksView() {
  const { slug, kind } = useEnvironment();
  const pager = useCursorPager();
  const [deleted, setDeleted] = useQueryState("deleted", parseAsBoolean.withDefault(false));
  const query = useQuery({
    ...endpointsQuery(slug, { deleted, cursor: pager.cursor }),
    refetchInterval: POLL_MS,
  });
  if (query.isPending) return <EndpointsSkeleton />;
  if (query.isError) return <QueryErrorView title="The endpoints could not be loaded" query={query} />;
  const { data: endpoints, next_cursor } = query.data;
  const toggle = () => {
    pager.first();
    void setDeleted(deleted ? null : true);
  };
  return (
    <>
      {endpoints.length === 0 && pager.cursor === null ? (
        deleted ? (
          <StateView icon={Webhook} title="No deleted endpoints">
            Endpoints that are deleted stand here, with what was sent to them.
          </StateView>
        ) : (
          <NoEndpoints />
        )
      ) : (
        <ul className="flex flex-col gap-3">
          {endpoints.map((endpoint) => (
            <EndpointCard key={endpoint.id} endpoint={endpoint} showEnvironment={kind === "all"} />
          ))}
        </ul>
      )}
      <footer className="mt-3 flex min-h-7 flex-wrap items-center justify-between gap-2">
        <Button variant="ghost" size="sm" onClick={toggle}>
          {deleted ? "Show endpoints" : "Show deleted endpoints"}
        </Button>
        <PagerButtons pager={pager} nextCursor={next_cursor} />
      </footer>
    </>
  );
}

function NoEndpoints() {
  const { slug, kind, href } = useEnvironment();
  const where = { live: "Live", all: "Your organization", environment: slug, test: slug }[kind];
  return (
    <StateView
      icon={Webhook}
      title="No endpoints yet"
      actions={
        <>
          <CreateEndpoint />
          <Link href={href("/webhooks/events")} className={buttonStyles({})}>
            See what is sent
          </Link>
        </>
      }
    >
      {where} has no webhook endpoint. An endpoint is a URL of yours that is told, signed, when a run ends; until then a
      program asks <code className="font-mono text-xs text-soft">GET /api/v1/runs/&#123;id&#125;</code>.
    </StateView>
  );
}

function EndpointsSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-3">
      <span className="sr-only">Loading the endpoints</span>
      {[1, 2].map((card) => (
        <div key={card} className="flex flex-wrap items-start justify-between gap-4 rounded-lg border p-4">
          <div className="flex flex-col gap-3">
            <Skeleton className="h-4 w-80 max-w-full" />
            <Skeleton className="h-5 w-56" />
          </div>
          <Skeleton className="h-7 w-42" />
        </div>
      ))}
    </div>
  );
}
