/** The types of events, with a body of each. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { eventCatalogue } from "@/lib/webhooks/event-catalogue";
import { EventCataloguePageSchema } from "@/lib/webhooks/schema";

export const GET = sessionRoute({ permission: "webhooks:read", response: EventCataloguePageSchema }, () =>
  eventCatalogue(),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
