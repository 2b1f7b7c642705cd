/** What stands above every tab of an engine: its name, its draft's state, saving and publishing, the tabs. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, SearchX } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

import { DraftActions } from "@/components/engines/draft-actions";
import { EngineDraftProvider } from "@/components/engines/engine-draft";
import { EngineTabs } from "@/components/engines/engine-tabs";
import { ENGINE_TYPE_NAMES } from "@/components/engines/engine-types";
import { LeaveGuard } from "@/components/engines/leave-guard";
import { PublishButton } from "@/components/engines/publish-button";
import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { Badge } from "@/components/ui/badge";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { engineDraftQuery, engineQuery } from "@/lib/engines/query-options";
import type { EngineDto } from "@/lib/engines/schema";
import { PortalError } from "@/lib/http/portal-client";

/** Loads the engine and its draft, and puts the tab (`children`) below. */
export function EngineFrame({ slug, children }: { slug: string; children: ReactNode }) {
  const [mayRead, seesConfigs] = [useCan("engines:read"), useCan("engines:manage")];
  const engine = useQuery({ ...engineQuery(slug), enabled: mayRead });
  const draft = useQuery({ ...engineDraftQuery(slug), enabled: seesConfigs });
  if (!mayRead) return <NoPermission permission="engines:read" what="engines" />;
  if (engine.isPending || draft.isLoading) return <FrameSkeleton />;
  if (engine.error instanceof PortalError && engine.error.status === 404) return <EngineNotFound slug={slug} />;
  if (engine.isError) return <QueryErrorView title="The engine could not be loaded" query={engine} />;
  if (draft.isError) return <QueryErrorView title="The draft could not be loaded" query={draft} />;
  if (!draft.data) {
    return (
      <>
        <EngineHeader engine={engine.data} />
        {children}
      </>
    );
  }
  return (
    <EngineDraftProvider key={engine.data.id} engine={engine.data} first={draft.data}>
      <LeaveGuard />
      <EngineHeader engine={engine.data} />
      {children}
    </EngineDraftProvider>
  );
}

function EngineHeader({ engine }: { engine: EngineDto }) {
  const { href } = useEnvironment();
  return (
    <header>
      <Link
        href={href("/engines")}
        className="mb-1 -ml-1 inline-flex items-center gap-0.5 rounded-sm text-sm text-muted hover:text-ink"
      >
        <ChevronLeft className="size-4" aria-hidden />
        Engines
      </Link>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
          <h1 className="min-w-0 truncate text-xl font-semibold">{engine.name}</h1>
          <span className="flex items-center gap-0.5">
            <code className="font-mono text-xs text-muted">{engine.slug}</code>
            <CopyButton text={engine.slug} label="Copy slug" />
          </span>
          <Badge>{ENGINE_TYPE_NAMES[engine.type].label}</Badge>
          {engine.latest_version === null ? (
            <Badge>Not published</Badge>
          ) : (
            <Badge tone="success">
              <span className="font-mono">{engine.latest_version}</span> is latest
            </Badge>
          )}
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <DraftActions />
          <PublishButton engine={engine} />
        </div>
      </div>
      <EngineTabs slug={engine.slug} />
    </header>
  );
}

function EngineNotFound({ slug }: { slug: string }) {
  const { href } = useEnvironment();
  return (
    <StateView
      heading="h1"
      icon={SearchX}
      title="No such engine"
      actions={
        <Link href={href("/engines")} className={buttonStyles({})}>
          All engines
        </Link>
      }
    >
      This organization has no engine <code className="font-mono text-xs break-all text-soft">{slug.slice(0, 64)}</code>
      .
    </StateView>
  );
}

function FrameSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-5">
      <span className="sr-only">Loading the engine</span>
      <Skeleton className="h-4 w-20" />
      <Skeleton className="h-6 w-72 max-w-full" />
      <div className="flex gap-6 border-b pb-3">
        <Skeleton className="w-12" />
        <Skeleton className="w-14" />
        <Skeleton className="w-14" />
      </div>
      <Skeleton className="h-80 w-full" />
    </div>
  );
}
