/** Webhooks on the wire: portal routes and public API share these shapes. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";
import { oneLine } from "../plain-text.ts";
import { timeInput } from "../time-input.ts";
import { DEFAULT_EVENT_TYPES, EVENT_TYPES, type EventType } from "./event-types.ts";
import { DELIVERY_STATUSES, DISABLED_REASONS } from "./statuses.ts";

export const EventTypeSchema = z.enum(EVENT_TYPES);

const events = z
  .array(EventTypeSchema)
  .min(1)
  .max(20)
  .transform((types): EventType[] => EVENT_TYPES.filter((type) => types.includes(type)))
  .meta({ description: `Types of events; without it ${DEFAULT_EVENT_TYPES.join(", ")}` });

const url = z
  .string()
  .max(2_048)
  .meta({ description: "Where events are posted; https, a public host", example: "https://example.com/webhooks" });

// What fits into a header behind "Bearer ".
const authToken = z
  .string()
  .regex(/^[\x21-\x7e]{1,1024}$/, "must be 1 to 1024 visible ASCII characters")
  .meta({ description: "Sent as Authorization: Bearer; in no answer" });

const description = oneLine(200);

export const CreateEndpointSchema = z
  .strictObject({
    url,
    events: events.optional(),
    description: description.nullable().optional(),
    auth_token: authToken.nullable().optional(),
  })
  .meta({ id: "CreateWebhook" });

export const UpdateEndpointSchema = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    description: description.nullable().optional().meta({ description: "null takes it away" }),
    auth_token: authToken.nullable().optional().meta({ description: "null takes it away" }),
    active: z.boolean().optional().meta({ description: "true enables it again, whyever it was disabled" }),
  })
  .meta({ id: "UpdateWebhook" });

/** A recovery that is under way. */
export const RecoverySchema = z
  .strictObject({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    /** How many deliveries fitted when it was asked for, and how many of them have been put back so far. */
    matched: z.int(),
    recovered: z.int(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "WebhookRecovery" });

export const EndpointSchema = z
  .strictObject({
    id: z.uuid(),
    url: z.string(),
    environment: z.string(),
    events: z.array(EventTypeSchema),
    description: z.string().nullable(),
    active: z.boolean(),
    disabled_reason: z
      .enum(DISABLED_REASONS)
      .optional()
      .meta({ description: "gone: the receiver answered 410; failing: every attempt of 5 days failed" }),
    disabled_at: z.iso.datetime().optional(),
    failing_since: z.iso.datetime().optional().meta({ description: "Since when every attempt has failed" }),
    recovery: RecoverySchema.optional(),
    auth_token_configured: z.boolean(),
    old_secrets: z
      .array(z.strictObject({ created_at: z.iso.datetime(), expires_at: z.iso.datetime() }))
      .optional()
      .meta({ description: "Secrets that were replaced and sign beside the current one still, the last to end first" }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    /** Only in the portal, which shows the history of endpoints that are no more. */
    deleted_at: z.iso.datetime().optional(),
  })
  .meta({ id: "Webhook" });

/** The one answer that carries the secret. */
export const CreatedEndpointSchema = EndpointSchema.extend({
  secret: z.string().meta({ description: "whsec_…, shown here only" }),
}).meta({ id: "CreatedWebhook" });

export const EndpointPageSchema = pageOf(EndpointSchema).meta({ id: "WebhookPage" });
export const ListEndpointsQuerySchema = z.strictObject({ ...pageQuery });
/** `deleted=true`: endpoints that were deleted, instead of those that were not. */
export const ListPortalEndpointsQuerySchema = z.strictObject({ ...pageQuery, deleted: z.enum(["true"]).optional() });

/** What stands in a path; that it is an id is checked where it is looked up. */
export const EndpointParamsSchema = z.strictObject({ id: z.string() });
export const DeliveryParamsSchema = z.strictObject({ id: z.string(), delivery: z.string() });

/** How an endpoint has done in the last 24 hours, by the deliveries that were made then. */
export const EndpointHealthSchema = z.strictObject({
  /**
   * DELIVERED of those that were attempted, from 0 to 1; null where none was. One that is tried again has not succeeded; one that has failed
   * without an attempt does not count. Of hours with more than 200 deliveries only the newest 200 that were attempted count, each hour by
   * itself; `sampled` says that there is one.
   */
  success_rate: z.number().nullable(),
  sampled: z.literal(true).optional(),
  /** 24 of them, the oldest first; each begins on a whole hour UTC, the last one is the present hour. */
  hours: z.array(
    z.strictObject({
      start: z.iso.datetime(),
      delivered: z.int(),
      /** FAILED after an attempt. */
      failed: z.int(),
      /** FAILED without one: the endpoint was disabled, or the event is gone. */
      unattempted: z.int(),
      /** PENDING after an attempt that has failed. */
      retrying: z.int(),
      /** PENDING without an attempt yet. */
      pending: z.int(),
      /** These are the newest of the hour, at most 200 that were attempted and 200 that were not: there may have been more. */
      sampled: z.literal(true).optional(),
    }),
  ),
  /** Deliveries that have an attempt to come; at most 10,000 are counted. */
  pending: z.int(),
  pending_is_more: z.literal(true).optional(),
  last_delivery: z
    .strictObject({
      id: z.uuid(),
      status: z.enum(DELIVERY_STATUSES),
      created_at: z.iso.datetime(),
      last_status_code: z.int().optional(),
    })
    .nullable(),
});

export const PortalEndpointSchema = EndpointSchema.extend({ health: EndpointHealthSchema });
export const PortalEndpointPageSchema = pageOf(PortalEndpointSchema);

export const RotateEndpointSecretSchema = z
  .strictObject({ keep_old: z.enum(["24h", "now"]) })
  .meta({ id: "RotateWebhookSecret" });

export const RotatedEndpointSecretSchema = z
  .strictObject({
    secret: z.string().meta({ description: "The new one, shown here only" }),
    /** Null where it has ended. */
    old_secret_expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "RotatedWebhookSecret" });

export const PingSentSchema = z.strictObject({ delivery_id: z.uuid() }).meta({ id: "WebhookPingSent" });

export const RecoverSchema = z
  .strictObject({
    since: timeInput.meta({ description: "Deliveries made at this time or later" }),
    until: timeInput.optional().meta({ description: "And before this time; without it, until now" }),
  })
  .meta({ id: "RecoverWebhook" });

export const RecoveringSchema = z
  .strictObject({ recovering: z.int().meta({ description: "Deliveries that had failed and are sent again" }) })
  .meta({ id: "WebhookRecovering" });

const CatalogueEntrySchema = z.strictObject({
  type: EventTypeSchema,
  description: z.string(),
  /** Whether an endpoint gets it that does not say what it wants. */
  default: z.boolean(),
  example: z.looseObject({}).meta({ description: "A body as it is posted" }),
});
export const EventCataloguePageSchema = pageOf(CatalogueEntrySchema).meta({ id: "WebhookEventTypes" });

export type CreateEndpoint = z.output<typeof CreateEndpointSchema>;
export type NewEndpoint = z.input<typeof CreateEndpointSchema>;
export type UpdateEndpoint = z.output<typeof UpdateEndpointSchema>;
export type EndpointChanges = z.input<typeof UpdateEndpointSchema>;
export type EndpointDto = z.infer<typeof EndpointSchema>;
export type CreatedEndpoint = z.infer<typeof CreatedEndpointSchema>;
export type EndpointPage = z.infer<typeof EndpointPageSchema>;
export type EndpointHealth = z.infer<typeof EndpointHealthSchema>;
export type PortalEndpointDto = z.infer<typeof PortalEndpointSchema>;
export type PortalEndpointPage = z.infer<typeof PortalEndpointPageSchema>;
export type ListPortalEndpointsQuery = z.output<typeof ListPortalEndpointsQuerySchema>;
export type RotateEndpointSecret = z.output<typeof RotateEndpointSecretSchema>;
export type RotatedEndpointSecret = z.infer<typeof RotatedEndpointSecretSchema>;
export type PingSent = z.infer<typeof PingSentSchema>;
export type Recover = z.output<typeof RecoverSchema>;
export type Recovering = z.infer<typeof RecoveringSchema>;
export type CatalogueEntry = z.infer<typeof CatalogueEntrySchema>;
export type EventCataloguePage = z.infer<typeof EventCataloguePageSchema>;
