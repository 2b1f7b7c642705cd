/** The tab "Settings" of an endpoint: what it gets and where, its secret, its token, its end. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { toastSuccess } from "@/components/ui/toast";
import { draftProblem, type EndpointDraft, EndpointFields, otherRefusal } from "@/components/webhooks/endpoint-form";
import { useEndpoint } from "@/components/webhooks/endpoint-frame";
import { EndpointLife } from "@/components/webhooks/endpoint-life";
import { EndpointSecret } from "@/components/webhooks/endpoint-secret";
import { EndpointToken } from "@/components/webhooks/endpoint-token";
import { SettingsSection } from "@/components/webhooks/settings-section";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import type { PortalError } from "@/lib/http/portal-client";
import { updateEndpoint } from "@/lib/webhooks/query-options";
import type { EndpointDto } from "@/lib/webhooks/schema";

/** Below the endpoint's frame. */
export function EndpointSettings() {
  const endpoint = useEndpoint();
  const refused = useRefusal("webhooks:manage");
  const refusal = endpoint.deleted_at ? "The endpoint was deleted" : refused;
  return (
    <div className="grid items-start gap-x-10 gap-y-8 lg:grid-cols-2">
      <EndpointGeneral key={endpoint.id} endpoint={endpoint} refusal={refusal} />
      <div className="flex min-w-0 flex-col gap-8">
        <EndpointSecret endpoint={endpoint} refusal={refusal} />
        <EndpointToken endpoint={endpoint} refusal={refusal} />
        <EndpointLife endpoint={endpoint} refusal={refusal} />
      </div>
    </div>
  );
}

const draftOf = ({ url, events, description }: EndpointDto): EndpointDraft => ({
  url,
  events,
  description: description ?? "",
});

const asText = ({ url, events, description }: EndpointDraft) =>
  JSON.stringify([url.trim(), [...events].sort(), description.trim()]);

function EndpointGeneral({ endpoint, refusal }: { endpoint: EndpointDto; refusal: string | undefined }) {
  const changed = useEndpointChanged();
  const [draft, setDraft] = useState(() => draftOf(endpoint));
  const saving = useMutation<EndpointDto, PortalError>({
    mutationFn: () =>
      updateEndpoint(endpoint, {
        url: draft.url.trim(),
        events: [...draft.events],
        description: draft.description.trim() === "" ? null : draft.description.trim(),
      }),
    onSuccess: async () => {
      await changed();
      toastSuccess("Endpoint saved");
    },
  });
  const unchanged = asText(draft) === asText(draftOf(endpoint)) ? "Nothing has been changed" : undefined;
  const reason = refusal ?? draftProblem(draft) ?? unchanged;
  const other = otherRefusal(saving.error);
  return (
    <SettingsSection id="endpoint-general" title="Endpoint">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!reason && !saving.isPending) saving.mutate();
        }}
      >
        <EndpointFields
          draft={draft}
          change={(part) => setDraft((old) => ({ ...old, ...part }))}
          error={saving.error}
          disabled={refusal !== undefined}
        />
        {other ? (
          <Callout tone="danger" live="alert">
            {other}
          </Callout>
        ) : null}
        <div>
          <Button type="submit" variant="primary" pending={saving.isPending} disabledReason={reason}>
            Save
          </Button>
        </div>
      </form>
    </SettingsSection>
  );
}
