/** Deliveries, their attempts and the receiver check on the wire: portal routes and public API share these shapes. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";
import { timeInput } from "../time-input.ts";
import { EventTypeSchema } from "./schema.ts";
import { ATTEMPT_TRIGGERS, DELIVERY_STATUSES } from "./statuses.ts";

/** Attempts that a delivery is shown with: the newest. */
export const MAX_ATTEMPTS_SHOWN = 30;

export const DeliveryStatusSchema = z.enum(DELIVERY_STATUSES);

const shortError = z
  .string()
  .meta({ description: "Why the last attempt failed, or why there is none: a code that is stable" });

/** A row of a list. */
export const DeliverySchema = z
  .strictObject({
    id: z.uuid().meta({ description: "X-Nexio-Delivery" }),
    event_id: z.string().meta({ description: "webhook-id, and the body's id", example: `evt_${"0".repeat(32)}` }),
    event: EventTypeSchema,
    environment: z.string(),
    endpoint_id: z.uuid(),
    endpoint_url: z.string().meta({ description: "Of the endpoint as it is now" }),
    endpoint_deleted: z.literal(true).optional(),
    run_id: z.uuid().optional(),
    status: DeliveryStatusSchema,
    created_at: z.iso.datetime(),
    attempt_count: z.int(),
    next_attempt_at: z.iso
      .datetime()
      .optional()
      .meta({ description: "Present exactly while an attempt is to come, also of one that is sent again" }),
    next_attempt_trigger: z.enum(ATTEMPT_TRIGGERS).optional(),
    last_attempt_at: z.iso.datetime().optional(),
    last_status_code: z.int().optional(),
    last_error: shortError.optional(),
  })
  .meta({ id: "WebhookDelivery" });

const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** One request that was made, and what came back. */
export const AttemptSchema = z
  .strictObject({
    number: z.int(),
    trigger: z.enum(ATTEMPT_TRIGGERS),
    url: z.string(),
    started_at: z.iso.datetime(),
    duration_ms: z.int(),
    status_code: z.int().optional(),
    error: z.string().optional().meta({ description: "A code that is stable; absent where it succeeded" }),
    error_message: z.string().optional(),
    request_headers: headers.meta({ description: "Without the receiver's token" }),
    response_headers: headers.optional(),
    response_body: z.string().optional().meta({
      description: "The first 64 KiB; absent where there was none, or where the caller may not read payloads",
    }),
    response_body_encoding: z.enum(["base64"]).optional().meta({ description: "Where the body is not UTF-8" }),
    response_truncated: z.literal(true).optional(),
  })
  .meta({ id: "WebhookAttempt" });

/** A delivery with what was sent and what came back. */
export const DeliveryDetailSchema = DeliverySchema.extend({
  request_body: z
    .string()
    .optional()
    .meta({ description: "As it is sent, byte for byte; absent where the caller may not read payloads" }),
  attempts: z.array(AttemptSchema).meta({ description: `The newest first, at most ${MAX_ATTEMPTS_SHOWN}` }),
}).meta({ id: "WebhookDeliveryDetail" });

export const DeliveryPageSchema = pageOf(DeliverySchema).meta({ id: "WebhookDeliveryPage" });

const commaSeparated = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").filter((text) => text !== "") : value),
    z.array(item).max(20).optional(),
  );

const EVENT_ID = /^evt_[0-9a-f]{32}$/;

const filters = {
  status: commaSeparated(DeliveryStatusSchema).meta({ description: "One or several, separated by commas" }),
  event: commaSeparated(EventTypeSchema).meta({ description: "One or several, separated by commas" }),
  run_id: z.uuid().optional(),
  event_id: z.string().regex(EVENT_ID, "must be evt_ and 32 hex digits").optional(),
  created_after: timeInput.optional(),
  created_before: timeInput.optional(),
};

export const ListDeliveriesQuerySchema = z.strictObject({ ...pageQuery, ...filters });
/** Over all endpoints, or the one that is named; one that is not there has none. */
export const ListAllDeliveriesQuerySchema = z.strictObject({
  ...pageQuery,
  ...filters,
  endpoint_id: z.uuid().optional(),
});
export const ListRunDeliveriesQuerySchema = z.strictObject({ ...pageQuery });

export const RECEIVER_CHECKS = ["valid_signature", "bad_signature", "stale_timestamp", "duplicate_id"] as const;

/** One request of the receiver check. */
export const ReceiverCheckRowSchema = z
  .strictObject({
    check: z.enum(RECEIVER_CHECKS),
    /** What the receiver was sent, and what it should have answered, in words. */
    sent: z.string(),
    expected: z.string(),
    event_id: z
      .string()
      .optional()
      .meta({ description: "webhook-id of the request, to be found in the receiver's log" }),
    status_code: z.int().optional(),
    error: z.string().optional(),
    duration_ms: z.int().optional(),
    passed: z.boolean().nullable().meta({ description: "null where the answer tells nothing" }),
    advice: z.string(),
  })
  .meta({ id: "WebhookReceiverCheckRow" });

export const ReceiverCheckSchema = z
  .strictObject({
    url: z.string(),
    checked_at: z.iso.datetime(),
    passed: z.boolean().meta({ description: "Every row has passed" }),
    checks: z.array(ReceiverCheckRowSchema),
  })
  .meta({ id: "WebhookReceiverCheck" });

export type DeliveryStatusName = z.infer<typeof DeliveryStatusSchema>;
export type DeliveryDto = z.infer<typeof DeliverySchema>;
export type DeliveryDetailDto = z.infer<typeof DeliveryDetailSchema>;
export type DeliveryPage = z.infer<typeof DeliveryPageSchema>;
export type AttemptDto = z.infer<typeof AttemptSchema>;
export type ListDeliveriesQuery = z.output<typeof ListDeliveriesQuerySchema>;
export type ListAllDeliveriesQuery = z.output<typeof ListAllDeliveriesQuerySchema>;
export type ReceiverCheckName = (typeof RECEIVER_CHECKS)[number];
export type ReceiverCheckRow = z.infer<typeof ReceiverCheckRowSchema>;
export type ReceiverCheck = z.infer<typeof ReceiverCheckSchema>;
