/** The bearer token that a receiver may want beside the signatures: set, replaced, taken away; never shown. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { toastSuccess } from "@/components/ui/toast";
import { fieldRefusal, otherRefusal } from "@/components/webhooks/endpoint-form";
import { SettingsSection } from "@/components/webhooks/settings-section";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import type { PortalError } from "@/lib/http/portal-client";
import { updateEndpoint } from "@/lib/webhooks/query-options";
import type { EndpointDto } from "@/lib/webhooks/schema";

/** A part of the settings. */
export function EndpointToken({ endpoint, refusal }: { endpoint: EndpointDto; refusal: string | undefined }) {
  const changed = useEndpointChanged();
  const [token, setToken] = useState("");
  const saving = useMutation<EndpointDto, PortalError, string | null>({
    mutationFn: (next) => updateEndpoint(endpoint, { auth_token: next }),
    gcTime: 0,
    onSuccess: async (_, next) => {
      setToken("");
      await changed();
      toastSuccess(next === null ? "Token removed" : "Token saved");
    },
  });
  const configured = endpoint.auth_token_configured;
  return (
    <SettingsSection
      id="endpoint-token"
      title="Bearer token"
      note={
        configured
          ? "Requests carry a token in Authorization. It is not shown again, and stands in no log of attempts."
          : "For receivers that want a token in Authorization beside the signatures. None is set."
      }
    >
      <form
        className="flex flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (token !== "" && !refusal && !saving.isPending) saving.mutate(token);
        }}
      >
        <Field
          label={configured ? "New token" : "Token"}
          error={fieldRefusal(saving.error, "auth_token") ?? otherRefusal(saving.error)}
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              autoComplete="new-password"
              value={token}
              readOnly={refusal !== undefined}
              className="font-mono"
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
        <div className="flex flex-wrap gap-2">
          <Button
            type="submit"
            pending={saving.isPending && saving.variables !== null}
            disabledReason={refusal ?? (token === "" ? "Type a token first" : undefined)}
          >
            {configured ? "Replace token" : "Set token"}
          </Button>
          {configured ? (
            <Button
              variant="dangerGhost"
              pending={saving.isPending && saving.variables === null}
              disabledReason={refusal}
              onClick={() => saving.mutate(null)}
            >
              Remove token
            </Button>
          ) : null}
        </div>
      </form>
    </SettingsSection>
  );
}
