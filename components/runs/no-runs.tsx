/** What stands where runs will be: how to make the first one, or that the filters leave none. */
"use client";

import { CirclePlay, ListFilter } from "lucide-react";
import Link from "next/link";

import { firstRunCommand, keyVariable } from "@/components/api-keys/first-run-command";
import { useCommandTarget } from "@/components/api-keys/use-command-target";
import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { CodeBlock } from "@/components/ui/code-block";
import { StateView } from "@/components/ui/state-view";

/** The exact command that makes the first run of this environment. */
export function NoRuns() {
  const { slug, kind, href } = useEnvironment();
  const target = useCommandTarget();
  const where = { live: "live", all: "any environment", environment: slug, test: slug }[kind];
  return (
    <StateView
      icon={CirclePlay}
      title={`No runs in ${where} yet`}
      actions={
        kind === "all" ? null : (
          <>
            <Link href={href("/api-keys")} className={buttonStyles({ variant: "primary" })}>
              Get an API key
            </Link>
            <Link href={href("/runs/new")} className={buttonStyles({})}>
              Send one from here
            </Link>
          </>
        )
      }
      footer={
        kind === "all" ? null : (
          <CodeBlock code={firstRunCommand(keyVariable(slug), target)} label="Send the first run" />
        )
      }
    >
      Every run that is sent with a key of {kind === "all" ? "your organization" : "this environment"} appears here.
    </StateView>
  );
}

/** Filters are set and nothing matches them. */
export function NoMatchingRuns({ onClear }: { onClear: () => void }) {
  return (
    <StateView icon={ListFilter} title="No runs match" actions={<Button onClick={onClear}>Clear filters</Button>}>
      No run of this environment matches these filters.
    </StateView>
  );
}
