/** The dropdown joined with what it leads to: a new environment is selected at once, and then asks for a key bound to it. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { CreateKeyDialog } from "@/components/api-keys/create-key-dialog";
import { CreateEnvironmentDialog } from "@/components/shell/create-environment-dialog";
import { EnvironmentMenu } from "@/components/shell/environment-menu";
import { useShellActions } from "@/components/shell/shell-actions";
import { useEnvironment, usePermissionRefusal } from "@/components/shell/use-environment";
import { toastSuccess } from "@/components/ui/toast";
import { environmentsQuery } from "@/lib/environments/query-options";

/** Mounted once, in the top bar. */
export function EnvironmentSwitcher() {
  const environment = useEnvironment();
  const { data: list } = useQuery(environmentsQuery());
  const refusal = usePermissionRefusal("api_keys:manage");
  const { creatingEnvironment, setCreatingEnvironment } = useShellActions();
  const [keyFor, setKeyFor] = useState<string | null>(null);
  return (
    <>
      <EnvironmentMenu
        current={environment}
        environments={environment.environments}
        onSelect={environment.select}
        onCreate={() => setCreatingEnvironment(true)}
        createRefusal={refusal}
        usage={list ? `${list.used} of ${list.limit} used` : undefined}
      />
      <CreateEnvironmentDialog
        open={creatingEnvironment}
        onOpenChange={setCreatingEnvironment}
        list={list}
        onCreated={({ slug }) => {
          setCreatingEnvironment(false);
          environment.select(slug);
          toastSuccess(`Environment ${slug} created`);
          setKeyFor(slug);
        }}
      />
      <CreateKeyDialog
        open={keyFor !== null}
        onOpenChange={(open) => (open ? undefined : setKeyFor(null))}
        environment={keyFor ?? "live"}
        environmentFixed
      />
    </>
  );
}
