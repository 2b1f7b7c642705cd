/**
 * Which addresses a request of ours may go to: public unicast ones, and those that the operator allows. Everything else could be a service of
 * the operator's own network that a customer must not reach through us: loopback, private and shared ranges, the metadata services of
 * clouds, and every form of IPv6 address that has an IPv4 address inside (mapped, NAT64, 6to4, Teredo).
 */
import ipaddr from "ipaddr.js";
import type { OutboundPolicy } from "./policy.ts";

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
// A public address, but inside Azure it is the host's own agent (168.63.129.16 in Microsoft's documentation).
const AZURE_HOST = ipaddr.IPv4.parse("168.63.129.16");

/** Whether the text is an address, as the host of a URL has it without brackets. */
export function isAddress(text: string): boolean {
  return ipaddr.isValid(text);
}

/** Whether a connection to this address may be made. What is not an address may not. */
export function isAllowedAddress(text: string, policy: OutboundPolicy): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (policy.allowed.some((range) => range[0].kind() === address.kind() && address.match(range))) return true;
  const kindOfRange = address.range();
  if (kindOfRange === "loopback") return policy.development;
  if (kindOfRange !== "unicast") return false;
  return address.kind() === "ipv6" ? address.match(GLOBAL_UNICAST) : !address.match(AZURE_HOST, 32);
}
