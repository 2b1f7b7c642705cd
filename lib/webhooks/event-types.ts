/** The types of events that endpoints get. */
import { EVENT_VERSION, RUN_EVENT_TYPES } from "../runs/end-event-types.ts";

/** `webhook_version` of every body: the version of its shape. */
export const WEBHOOK_VERSION = EVENT_VERSION;

/** Sent on request only, to the endpoint that it is asked of. */
export const PING = "ping";

/** What an endpoint gets that does not say what it wants. */
export const DEFAULT_EVENT_TYPES = RUN_EVENT_TYPES;

/** What an endpoint may ask for. */
export const EVENT_TYPES = [...RUN_EVENT_TYPES, PING] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export { toEventId } from "../runs/end-event-types.ts";
