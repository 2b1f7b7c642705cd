/** The headers of a delivery: what it is, and both signatures with every secret that is valid now. */
import { signatureHeaders } from "../outbound/signature.ts";
import { toEventId } from "./event-types.ts";

export type DeliveryHeadersInput = {
  deliveryId: string;
  eventId: string;
  eventType: string;
  /** Exactly the bytes that are sent. */
  body: Buffer;
  /** The current one first. */
  secrets: readonly string[];
  /** What the receiver wants as a bearer token, if anything. */
  authToken: string | null;
  /** When it is sent, in seconds since 1970. */
  timestamp: number;
};

/** Stands where a secret was. */
export const REDACTED = "[redacted]";

/** Names in lower case. `webhook-id` and `x-nexio-delivery` are the same in every attempt. */
export function deliveryHeaders(delivery: DeliveryHeadersInput): Record<string, string> {
  const { deliveryId, eventId, eventType, body, secrets, authToken, timestamp } = delivery;
  return {
    "content-type": "application/json",
    // An answer that comes packed would be stored packed, and read by nobody.
    "accept-encoding": "identity",
    "user-agent": "Nexio-Webhooks/1.0",
    "x-nexio-event": eventType,
    "x-nexio-delivery": deliveryId,
    ...signatureHeaders({ id: toEventId(eventId), timestamp, body }, secrets),
    ...(authToken === null ? {} : { authorization: `Bearer ${authToken}` }),
  };
}

/** The headers as they are stored: without the receiver's token. */
export function storedHeaders(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify("authorization" in headers ? { ...headers, authorization: REDACTED } : headers);
}
