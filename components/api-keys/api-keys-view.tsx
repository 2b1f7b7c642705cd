/** The API keys page below its layout: list, create, rotate, revoke. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";

import { CreateKeyDialog } from "@/components/api-keys/create-key-dialog";
import { KeyTable } from "@/components/api-keys/key-table";
import { RevokeKeyDialog } from "@/components/api-keys/revoke-key-dialog";
import { RotateKeyDialog } from "@/components/api-keys/rotate-key-dialog";
import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { PagerButtons, useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { Table, Td, Th } from "@/components/ui/table";
import { apiKeysQuery } from "@/lib/api-keys/query-options";
import type { ApiKeyDto } from "@/lib/api-keys/schema";

/** Everything on the page. */
export function ApiKeysView() {
  const mayRead = useCan("api_keys:read");
  const environment = useEnvironment();
  const refusal = useRefusal("api_keys:manage");
  const [creating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="API keys">
        {mayRead ? (
          <Button variant="primary" onClick={() => setCreating(true)} disabledReason={refusal}>
            Create key
          </Button>
        ) : null}
      </PageHeader>
      {mayRead ? (
        <KeyList refusal={refusal} onCreate={() => setCreating(true)} />
      ) : (
        <NoPermission permission="api_keys:read" what="API keys" />
      )}
      <CreateKeyDialog
        key={environment.slug}
        open={creating}
        onOpenChange={setCreating}
        environment={environment.slug}
      />
    </>
  );
}

function KeyList({ refusal, onCreate }: { refusal: string | undefined; onCreate: () => void }) {
  const environment = useEnvironment();
  const pager = useCursorPager();
  const query = useQuery(apiKeysQuery(environment.slug, pager.cursor));
  const [rotating, setRotating] = useState<ApiKeyDto | null>(null);
  const [revoking, setRevoking] = useState<ApiKeyDto | null>(null);
  if (query.isPending) return <KeyTableSkeleton />;
  if (query.isError) return <QueryErrorView title="The keys could not be loaded" query={query} />;
  const { data: keys, next_cursor } = query.data;
  if (keys.length === 0 && pager.cursor === null) return <NoKeys refusal={refusal} onCreate={onCreate} />;
  return (
    <>
      <KeyTable
        keys={keys}
        showEnvironment={environment.kind === "all"}
        refusal={refusal}
        onRotate={setRotating}
        onRevoke={setRevoking}
      />
      <div className="mt-3 flex justify-end">
        <PagerButtons pager={pager} nextCursor={next_cursor} />
      </div>
      {rotating ? <RotateKeyDialog key={rotating.id} apiKey={rotating} onClose={() => setRotating(null)} /> : null}
      {revoking ? <RevokeKeyDialog key={revoking.id} apiKey={revoking} onClose={() => setRevoking(null)} /> : null}
    </>
  );
}

function NoKeys({ refusal, onCreate }: { refusal: string | undefined; onCreate: () => void }) {
  const { kind, slug } = useEnvironment();
  const where = { live: "Live", all: "Your organization", environment: slug, test: slug }[kind];
  return (
    <StateView
      icon={KeyRound}
      title="No keys yet"
      actions={
        <Button variant="primary" onClick={onCreate} disabledReason={refusal}>
          Create key
        </Button>
      }
    >
      {where} has no API key. Programs need one to send runs and to read them.
    </StateView>
  );
}

function KeyTableSkeleton() {
  return (
    <Table label="API keys, loading">
      <thead>
        <tr>
          {["Name", "Key", "Scopes", "Last used", "Expires", "Status"].map((heading) => (
            <Th key={heading}>{heading}</Th>
          ))}
        </tr>
      </thead>
      <tbody aria-busy className="divide-y divide-hairline">
        {[1, 2, 3].map((row) => (
          <tr key={row}>
            {["w-28", "w-24", "w-16", "w-16", "w-12", "w-14"].map((width, column) => (
              // The columns of a skeleton have no identity but their place.
              // oxlint-disable-next-line react/no-array-index-key
              <Td key={column}>
                <Skeleton className={width} />
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
