/** The metrics page below its layout. */
"use client";

import { ChartLine } from "lucide-react";
import Link from "next/link";

import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";

/** Says what will stand here and where to look until then. */
export function MetricsView() {
  const mayRead = useCan("runs:read");
  const { href } = useEnvironment();
  return (
    <>
      <PageHeader title="Metrics" />
      {mayRead ? (
        <StateView
          icon={ChartLine}
          title="No metrics are recorded yet"
          actions={
            <Link href={href("/runs")} className={buttonStyles({})}>
              See runs
            </Link>
          }
        >
          Runs, success rate, latency and queue wait of this environment will appear here. Until this installation
          records them, the runs themselves show status and duration.
        </StateView>
      ) : (
        <NoPermission permission="runs:read" what="metrics" />
      )}
    </>
  );
}
