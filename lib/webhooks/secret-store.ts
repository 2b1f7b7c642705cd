/** What endpoints keep secret: the secrets that sign, and the token that the receiver wants. */
import { open, seal } from "../encryption.ts";
import { signingSecrets } from "../outbound/signing-secrets.ts";

export const { addSecret, openSecret, replaceSecret, validSecrets } = signingSecrets({
  table: "webhook_secret",
  receiver: "endpoint_id",
  receivers: "webhook_endpoint",
});

const tokenPlace = (orgId: string, endpointId: string) => `webhook_endpoint.auth_token:${orgId}:${endpointId}`;

/** The receiver's token as the endpoint's row has it. */
export function sealToken(token: string, orgId: string, endpointId: string): string {
  return seal(token, tokenPlace(orgId, endpointId));
}

/** What sealToken has sealed for this endpoint. Throws where it cannot be opened with this installation's key. */
export function openToken(sealed: string, orgId: string, endpointId: string): string {
  return open(sealed, tokenPlace(orgId, endpointId));
}
