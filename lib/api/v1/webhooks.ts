/** /api/v1/webhooks: endpoints of the key's environment, their secrets, and what tries them out. */
import { eventCatalogue } from "../../webhooks/event-catalogue.ts";
import { ReceiverCheckSchema } from "../../webhooks/deliveries-schema.ts";
import { pingEndpoint } from "../../webhooks/deliveries-service.ts";
import { checkReceiver } from "../../webhooks/receiver-check-service.ts";
import {
  CreatedEndpointSchema,
  CreateEndpointSchema,
  EndpointPageSchema,
  EndpointSchema,
  EventCataloguePageSchema,
  ListEndpointsQuerySchema,
  PingSentSchema,
  RotatedEndpointSecretSchema,
  RotateEndpointSecretSchema,
  UpdateEndpointSchema,
} from "../../webhooks/schema.ts";
import * as webhooks from "../../webhooks/service.ts";
import { type ApiOperation, operation } from "../operation.ts";

const tag = "Webhooks";
const permission = "webhooks:manage";

export const webhookOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "listWebhookEventTypes",
      method: "GET",
      path: "/webhooks/event-types",
      tag,
      summary: "List the types of events, with a body of each",
      permission,
      params: {},
      status: 200,
      response: EventCataloguePageSchema,
      errors: [],
    },
    async () => eventCatalogue(),
  ),
  operation(
    {
      id: "createWebhook",
      method: "POST",
      path: "/webhooks",
      tag,
      summary: "Create a webhook of the key's environment",
      description:
        "The only answer that carries the signing secret: store it. Events of other environments are never sent to it. What its receiver does not take is tried again for about three days, later where Retry-After asks for it (up to 24 hours an attempt). At most 10 active ones.",
      permission,
      params: {},
      body: CreateEndpointSchema,
      exampleBody: { url: "https://example.com/webhooks", events: ["run.completed", "run.failed"] },
      status: 201,
      response: CreatedEndpointSchema,
      errors: ["payload_too_large", "invalid_request", "url_not_allowed", "webhook_limit_reached"],
    },
    ({ scope, body }) => webhooks.createEndpoint(scope, body),
  ),
  operation(
    {
      id: "listWebhooks",
      method: "GET",
      path: "/webhooks",
      tag,
      summary: "List webhooks of the key's environment, newest first",
      permission,
      params: {},
      query: ListEndpointsQuerySchema,
      status: 200,
      response: EndpointPageSchema,
      errors: ["invalid_request"],
    },
    ({ scope, query }) => webhooks.listEndpoints(scope, query),
  ),
  operation(
    {
      id: "getWebhook",
      method: "GET",
      path: "/webhooks/{id}",
      tag,
      summary: "Get a webhook",
      permission,
      params: { id: "webhook" },
      status: 200,
      response: EndpointSchema,
      errors: ["not_found"],
    },
    ({ scope, params }) => webhooks.getEndpoint(scope, params.id),
  ),
  operation(
    {
      id: "updateWebhook",
      method: "PATCH",
      path: "/webhooks/{id}",
      tag,
      summary: "Change, disable or enable a webhook",
      description:
        "What the body does not name stays as it is. While it is disabled, what happens is recorded as FAILED and can be recovered when it is enabled again.",
      permission,
      params: { id: "webhook" },
      body: UpdateEndpointSchema,
      exampleBody: { events: ["run.failed"], active: true },
      status: 200,
      response: EndpointSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "url_not_allowed", "webhook_limit_reached"],
    },
    ({ scope, params, body }) => webhooks.updateEndpoint(scope, params.id, body),
    ({ scope, params }) => webhooks.findEndpoint(scope, params.id),
  ),
  operation(
    {
      id: "deleteWebhook",
      method: "DELETE",
      path: "/webhooks/{id}",
      tag,
      summary: "Delete a webhook",
      description: "What was to be sent is canceled. Its deliveries can still be read.",
      permission,
      params: { id: "webhook" },
      status: 204,
      errors: ["not_found", "invalid_request"],
    },
    ({ scope, params }) => webhooks.removeEndpoint(scope, params.id),
    ({ scope, params }) => webhooks.findEndpoint(scope, params.id),
  ),
  operation(
    {
      id: "rotateWebhookSecret",
      method: "POST",
      path: "/webhooks/{id}/rotate-secret",
      tag,
      summary: "Replace a webhook's signing secret",
      description:
        "The only answer that carries the new secret: store it. With keep_old 24h both sign for 24 hours, with now the old one ends at once: so does every other one that is kept. 409 where four old ones are.",
      permission,
      params: { id: "webhook" },
      body: RotateEndpointSecretSchema,
      exampleBody: { keep_old: "24h" },
      status: 200,
      response: RotatedEndpointSecretSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, params, body }) => webhooks.rotateSecret(scope, params.id, body),
    ({ scope, params }) => webhooks.findEndpoint(scope, params.id),
  ),
  operation(
    {
      id: "pingWebhook",
      method: "POST",
      path: "/webhooks/{id}/ping",
      tag,
      summary: "Send a ping",
      description: "A delivery like any other.",
      permission,
      params: { id: "webhook" },
      status: 202,
      response: PingSentSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, params }) => pingEndpoint(scope, params.id),
    ({ scope, params }) => webhooks.findEndpoint(scope, params.id),
  ),
  operation(
    {
      id: "checkWebhookReceiver",
      method: "POST",
      path: "/webhooks/{id}/check",
      tag,
      summary: "Check how a webhook's receiver takes good and bad requests",
      description:
        "Sends a ping with a good signature, and if it is taken, one after another, one with a bad signature, one that is 11 minutes old, and the first once more. " +
        "These are not recorded as deliveries. Takes as long as the receiver does, at most a minute; one at a time.",
      permission,
      params: { id: "webhook" },
      status: 200,
      response: ReceiverCheckSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "rate_limited"],
    },
    ({ scope, params, signal }) => checkReceiver(scope, params.id, signal),
    ({ scope, params }) => webhooks.findEndpoint(scope, params.id),
  ),
];
