/** The webhooks page below its layout. */
"use client";

import { Webhook } from "lucide-react";
import Link from "next/link";

import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";

/** Says what will stand here and how to learn of a run's end until then. */
export function WebhooksView() {
  const mayRead = useCan("webhooks:read");
  const { kind, slug, href } = useEnvironment();
  const where = { live: "Live", all: "Your organization", environment: slug, test: slug }[kind];
  return (
    <>
      <PageHeader title="Webhooks" />
      {mayRead ? (
        <StateView
          icon={Webhook}
          title="No endpoints yet"
          actions={
            <Link href={href("/runs")} className={buttonStyles({})}>
              See runs
            </Link>
          }
        >
          {where} has no webhook endpoint, and this installation cannot create one yet. A program learns how a run ended
          from <code className="font-mono text-xs text-soft">GET /api/v1/runs/&#123;id&#125;</code>.
        </StateView>
      ) : (
        <NoPermission permission="webhooks:read" what="webhooks" />
      )}
    </>
  );
}
