/** Makes an endpoint of the environment that the page shows; then shows its secret once. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { DialogForm } from "@/components/ui/dialog-form";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import {
  draftProblem,
  type EndpointDraft,
  EndpointFields,
  fieldRefusal,
  otherRefusal,
} from "@/components/webhooks/endpoint-form";
import { StoreSecretDialog } from "@/components/webhooks/store-secret-dialog";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import type { PortalError } from "@/lib/http/portal-client";
import { DEFAULT_EVENT_TYPES } from "@/lib/webhooks/event-types";
import { createEndpoint } from "@/lib/webhooks/query-options";
import type { CreatedEndpoint } from "@/lib/webhooks/schema";

/** Open while it is mounted; when the secret is stored, it leads to the endpoint's page. */
export function CreateEndpointDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const { href } = useEnvironment();
  const [created, setCreated] = useState<CreatedEndpoint | null>(null);
  if (created) {
    const leave = () => {
      onClose();
      router.push(href(`/webhooks/${created.id}`));
    };
    return <StoreSecretDialog secret={created.secret} onStored={leave} />;
  }
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Create endpoint"
        description="A URL of yours that is told when runs end."
        className="max-w-md"
      >
        <EndpointForm onCreated={setCreated} />
      </DialogContent>
    </Dialog>
  );
}

function EndpointForm({ onCreated }: { onCreated: (endpoint: CreatedEndpoint) => void }) {
  const { slug, kind } = useEnvironment();
  const changed = useEndpointChanged();
  const [draft, setDraft] = useState<EndpointDraft>({ url: "", events: DEFAULT_EVENT_TYPES, description: "" });
  const [token, setToken] = useState("");
  const creation = useMutation<CreatedEndpoint, PortalError>({
    mutationFn: () =>
      createEndpoint(slug, {
        url: draft.url.trim(),
        events: [...draft.events],
        ...(draft.description.trim() === "" ? {} : { description: draft.description.trim() }),
        ...(token === "" ? {} : { auth_token: token }),
      }),
    // The secret is in memory for as long as the dialog shows it.
    gcTime: 0,
    onSuccess: (endpoint) => {
      void changed();
      onCreated(endpoint);
    },
  });
  const problem = draftProblem(draft);
  return (
    <DialogForm
      action="Create endpoint"
      disabledReason={problem}
      pending={creation.isPending}
      refusal={otherRefusal(creation.error)}
      onSubmit={() => creation.mutate()}
    >
      {kind === "all" ? null : (
        <p className="flex items-center gap-2 text-sm">
          Gets events of <EnvironmentBadge slug={slug} kind={kind} /> only.
        </p>
      )}
      <EndpointFields
        draft={draft}
        change={(part) => setDraft((old) => ({ ...old, ...part }))}
        error={creation.error}
      />
      <Field
        label="Bearer token"
        optional
        hint="Sent as Authorization: Bearer, for receivers that want one. Every request is signed in any case."
        error={fieldRefusal(creation.error, "auth_token")}
      >
        {(control) => (
          <Input
            {...control}
            type="password"
            autoComplete="new-password"
            value={token}
            className="font-mono"
            onChange={(event) => setToken(event.target.value)}
          />
        )}
      </Field>
    </DialogForm>
  );
}
