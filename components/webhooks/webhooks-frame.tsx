/** What stands above every tab of the webhooks pages: title, tabs, and the way to make an endpoint. */
"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useState } from "react";

import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CreateEndpointDialog } from "@/components/webhooks/create-endpoint-dialog";

const TABS = [
  { path: "/webhooks", label: "Endpoints" },
  { path: "/webhooks/deliveries", label: "Deliveries" },
  { path: "/webhooks/events", label: "Event catalogue" },
] as const;

/** Puts the tab (`children`) below. */
export function WebhooksFrame({ children }: { children: ReactNode }) {
  const mayRead = useCan("webhooks:read");
  return (
    <>
      <PageHeader title="Webhooks">{mayRead ? <CreateEndpoint /> : null}</PageHeader>
      {mayRead ? (
        <>
          <LinkTabs label="Webhooks" tabs={TABS} />
          {children}
        </>
      ) : (
        <NoPermission permission="webhooks:read" what="webhooks" />
      )}
    </>
  );
}

/** The button with its dialog. */
export function CreateEndpoint() {
  const refusal = useRefusal("webhooks:manage");
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Button variant="primary" disabledReason={refusal} onClick={() => setCreating(true)}>
        Create endpoint
      </Button>
      {creating ? <CreateEndpointDialog onClose={() => setCreating(false)} /> : null}
    </>
  );
}

const bringIntoSight = (tab: HTMLElement | null) => tab?.scrollIntoView({ block: "nearest", inline: "nearest" });

/** Tabs that are addresses of their own; each keeps the environment. */
export function LinkTabs({ label, tabs }: { label: string; tabs: readonly { path: string; label: string }[] }) {
  const { href } = useEnvironment();
  const pathname = usePathname();
  return (
    <nav aria-label={label} className="mb-5 flex gap-4 overflow-x-auto border-b">
      {tabs.map((tab) => (
        <Link
          key={tab.path}
          href={href(tab.path)}
          aria-current={pathname === tab.path ? "page" : undefined}
          // On a phone the row scrolls: the open tab is in sight.
          ref={pathname === tab.path ? bringIntoSight : undefined}
          className={cn(
            "-mb-px flex h-9 items-center border-b-2 px-0.5 text-sm font-medium whitespace-nowrap transition-colors focus-visible:-outline-offset-2",
            pathname === tab.path ? "border-ink text-ink" : "border-transparent text-muted hover:text-ink",
          )}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
