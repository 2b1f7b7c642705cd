/** /api/v1/webhooks/{id}/deliveries: what was sent to an endpoint, and sending it again. */
import {
  DeliveryDetailSchema,
  DeliveryPageSchema,
  DeliverySchema,
  ListDeliveriesQuerySchema,
} from "../../webhooks/deliveries-schema.ts";
import * as deliveries from "../../webhooks/deliveries-service.ts";
import { recoverEndpoint } from "../../webhooks/recovery-service.ts";
import { RecoveringSchema, RecoverSchema } from "../../webhooks/schema.ts";
import { findEndpoint } from "../../webhooks/service.ts";
import { type ApiOperation, operation } from "../operation.ts";

const tag = "Webhooks";
const permission = "webhooks:manage";

export const webhookDeliveryOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "listWebhookDeliveries",
      method: "GET",
      path: "/webhooks/{id}/deliveries",
      tag,
      summary: "List deliveries to a webhook, newest first",
      description:
        "Also of a webhook that was deleted. One page looks through 20,000 deliveries: where few of them fit the filter it is short, and has a next_cursor still.",
      permission,
      params: { id: "webhook" },
      query: ListDeliveriesQuerySchema,
      status: 200,
      response: DeliveryPageSchema,
      errors: ["not_found", "invalid_request"],
    },
    ({ scope, params, query }) => deliveries.listEndpointDeliveries(scope, params.id, query),
    ({ scope, params }) => findEndpoint(scope, params.id, { deleted: true }),
  ),
  operation(
    {
      id: "getWebhookDelivery",
      method: "GET",
      path: "/webhooks/{id}/deliveries/{delivery_id}",
      tag,
      summary: "Get a delivery with its attempts",
      description: "What was sent, and what the receiver answered, is there for keys with runs:read.",
      permission,
      params: { id: "webhook", delivery_id: "delivery" },
      status: 200,
      response: DeliveryDetailSchema,
      errors: ["not_found"],
    },
    ({ scope, params }) => deliveries.getDelivery(scope, params.id, params.delivery_id),
  ),
  operation(
    {
      id: "resendWebhookDelivery",
      method: "POST",
      path: "/webhooks/{id}/deliveries/{delivery_id}/resend",
      tag,
      summary: "Send a delivery again, now",
      description:
        "One that is waiting goes on with its schedule from there. One that has ended makes one attempt: success makes it DELIVERED, failure leaves it as it was.",
      permission,
      params: { id: "webhook", delivery_id: "delivery" },
      status: 202,
      response: DeliverySchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, params }) => deliveries.resendDelivery(scope, params.id, params.delivery_id),
    ({ scope, params }) => deliveries.findDeliveryToResend(scope, params.id, params.delivery_id),
  ),
  operation(
    {
      id: "recoverWebhook",
      method: "POST",
      path: "/webhooks/{id}/recover",
      tag,
      summary: "Send everything again that has failed since a time",
      description:
        "Each delivery gets the whole schedule of attempts anew. They follow each other while the webhook takes them, so that what happens now is not kept waiting.",
      permission,
      params: { id: "webhook" },
      body: RecoverSchema,
      exampleBody: { since: "2026-11-01T00:00:00Z" },
      status: 202,
      response: RecoveringSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, params, body }) => recoverEndpoint(scope, params.id, body),
    ({ scope, params }) => findEndpoint(scope, params.id),
  ),
];
