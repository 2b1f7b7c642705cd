/** The fields of an endpoint, for its creation and for its settings. */
"use client";

import { Checkbox } from "@/components/ui/checkbox";
import { Field, FieldError } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { PortalError } from "@/lib/http/portal-client";
import type { EventType } from "@/lib/webhooks/event-types";

export type EndpointDraft = { url: string; events: readonly EventType[]; description: string };

/** Types that can be chosen. A ping is sent on request, whatever an endpoint has chosen. */
const CHOICES: readonly { type: EventType; hint: string }[] = [
  { type: "run.completed", hint: "A run has a result, also one that is DEGRADED" },
  { type: "run.failed", hint: "A run ended without a result" },
  { type: "run.canceled", hint: "A run was canceled before it ended" },
];

const LIMITS = { url: 2_048, description: 200 } as const;

/** Why the draft cannot be sent, or undefined. What the server alone can know it says itself. */
export function draftProblem({ url, events }: EndpointDraft): string | undefined {
  if (url.trim() === "") return "Type a URL first";
  if (!/^https?:\/\//i.test(url.trim()) || !URL.canParse(url.trim())) return "The URL must begin with https://";
  return events.length === 0 ? "Choose an event first" : undefined;
}

const FIELD_NAMES = {
  url: "The URL",
  events: "Events",
  description: "The description",
  auth_token: "The token",
} as const;
type FieldPath = keyof typeof FIELD_NAMES;

/** What the server said about one field. */
export function fieldRefusal(error: PortalError | null, path: FieldPath): string | undefined {
  if (error === null) return undefined;
  const found = error.details.find((one) => one.path === path || one.path.startsWith(`${path}[`))?.message;
  const detail = found?.startsWith("must ") ? `${FIELD_NAMES[path]} ${found}` : found;
  return detail ?? (path === "url" && error.code === "url_not_allowed" ? error.message : undefined);
}

/** What the server said about none of the fields. */
export function otherRefusal(error: PortalError | null): string | undefined {
  const hasField = (Object.keys(FIELD_NAMES) as FieldPath[]).some((path) => fieldRefusal(error, path));
  return error === null || hasField ? undefined : error.message;
}

/** URL, events and description. */
export function EndpointFields({
  draft,
  change,
  error,
  disabled = false,
}: {
  draft: EndpointDraft;
  change: (part: Partial<EndpointDraft>) => void;
  error: PortalError | null;
  disabled?: boolean;
}) {
  const eventsRefusal = fieldRefusal(error, "events");
  return (
    <>
      <Field label="URL" hint="Events are posted here. HTTPS, on a public host." error={fieldRefusal(error, "url")}>
        {(control) => (
          <Input
            {...control}
            type="url"
            value={draft.url}
            readOnly={disabled}
            maxLength={LIMITS.url}
            placeholder="https://example.com/webhooks/nexio"
            className="font-mono"
            onChange={(event) => change({ url: event.target.value })}
          />
        )}
      </Field>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-sm font-medium">Events</legend>
        {CHOICES.map(({ type, hint }) => (
          <Checkbox
            key={type}
            checked={draft.events.includes(type)}
            disabled={disabled}
            onChange={(on) =>
              change({
                events: [...draft.events.filter((one) => one !== type), ...(on ? [type] : [])],
              })
            }
            label={<code className="font-mono text-xs">{type}</code>}
            hint={hint}
          />
        ))}
        {eventsRefusal ? <FieldError>{eventsRefusal}</FieldError> : null}
      </fieldset>
      <Field label="Description" optional error={fieldRefusal(error, "description")}>
        {(control) => (
          <Input
            {...control}
            value={draft.description}
            readOnly={disabled}
            maxLength={LIMITS.description}
            placeholder="Billing service"
            onChange={(event) => change({ description: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
