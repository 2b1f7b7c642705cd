/** The usage page below its layout. */
"use client";

import { Gauge } from "lucide-react";

import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { StateView } from "@/components/ui/state-view";

/** Says what is counted already and what is not shown yet. */
export function UsageView() {
  const mayRead = useCan("usage:read");
  return (
    <>
      <PageHeader title="Usage" />
      {mayRead ? (
        <StateView icon={Gauge} title="Usage is counted, its report is not here yet">
          Every accepted run counts once, in every environment alike, and is recorded as it is accepted. The totals by
          environment, engine, key and day will appear here.
        </StateView>
      ) : (
        <NoPermission permission="usage:read" what="usage" />
      )}
    </>
  );
}
