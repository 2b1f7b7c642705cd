/** What requests to addresses of customers' choosing may reach: the rules' own inputs, from the configuration. */
import ipaddr from "ipaddr.js";
import { env, isDevelopment } from "../env.ts";

type Cidr = ReturnType<typeof ipaddr.parseCIDR>;

export type OutboundPolicy = {
  /** `http:` and loopback may be called too. */
  development: boolean;
  /** Ranges that the operator allows, whatever the rules say of them. */
  allowed: readonly Cidr[];
};

/** Makes a policy. `cidrs` are comma-separated, as in NEXIO_OUTBOUND_ALLOWED_CIDRS. Throws an Error for what is not a CIDR. */
export function makePolicy({
  development = false,
  cidrs = "",
}: { development?: boolean; cidrs?: string } = {}): OutboundPolicy {
  const entries = cidrs.split(",").map((text) => text.trim());
  return { development, allowed: entries.filter((text) => text !== "").map((text) => ipaddr.parseCIDR(text)) };
}

let configured: OutboundPolicy | undefined;

/** This installation's policy. */
export function outboundPolicy(): OutboundPolicy {
  return (configured ??= makePolicy({ development: isDevelopment(), cidrs: env.NEXIO_OUTBOUND_ALLOWED_CIDRS }));
}
