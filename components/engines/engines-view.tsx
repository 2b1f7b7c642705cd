/** The engines page below its layout: list and create. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { CreateEngineDialog } from "@/components/engines/create-engine-dialog";
import { EngineListSkeleton, EngineTable } from "@/components/engines/engine-table";
import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { PagerButtons, useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { StateView } from "@/components/ui/state-view";
import { toastSuccess } from "@/components/ui/toast";
import { enginesQuery } from "@/lib/engines/query-options";

/** Everything on the page. */
export function EnginesView() {
  const mayRead = useCan("engines:read");
  const refusal = useRefusal("engines:manage");
  const [creating, setCreating] = useState(false);
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)} disabledReason={refusal}>
      Create engine
    </Button>
  );
  return (
    <>
      <PageHeader title="Engines" note="They belong to the organization: every environment runs the same ones">
        {mayRead ? create : null}
      </PageHeader>
      {mayRead ? <EngineList create={create} /> : <NoPermission permission="engines:read" what="engines" />}
      {mayRead ? <Creation open={creating} onOpenChange={setCreating} /> : null}
    </>
  );
}

function EngineList({ create }: { create: React.ReactNode }) {
  const pager = useCursorPager();
  const query = useQuery(enginesQuery(pager.cursor));
  if (query.isPending) return <EngineListSkeleton />;
  if (query.isError) return <QueryErrorView title="The engines could not be loaded" query={query} />;
  const { data: engines, next_cursor } = query.data;
  if (engines.length === 0 && pager.cursor === null) {
    return (
      <StateView icon={Cpu} title="No engines yet" actions={create}>
        An engine is what a run is executed by: a decision graph that you edit and try here, or an HTTPS service of
        yours. It takes runs once its first version is published.
      </StateView>
    );
  }
  return (
    <>
      <EngineTable engines={engines} />
      <div className="mt-3 flex justify-end">
        <PagerButtons pager={pager} nextCursor={next_cursor} />
      </div>
    </>
  );
}

function Creation({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { href } = useEnvironment();
  const router = useRouter();
  const { data } = useQuery(enginesQuery());
  return (
    <CreateEngineDialog
      open={open}
      onOpenChange={onOpenChange}
      taken={new Set(data?.data.map(({ slug }) => slug))}
      onCreated={({ slug }) => {
        toastSuccess(`Engine ${slug} created`);
        router.push(href(`/engines/${slug}`));
      }}
    />
  );
}
