/**
 * The address of the caller: the socket's, unless the peer is a trusted proxy; then the right-most address of X-Forwarded-For that is not one.
 */
import { BlockList, isIP } from "node:net";
import { env } from "../env.ts";

/** Parses comma-separated CIDRs or addresses. Throws an Error that names a bad one. */
export function parseTrustedProxies(list: string): BlockList {
  const trusted = new BlockList();
  for (const entry of list.split(",").map((text) => text.trim())) {
    if (entry === "") continue;
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    try {
      if (bits === undefined) trusted.addAddress(address, family);
      else trusted.addSubnet(address, /^\d{1,3}$/.test(bits) ? Number(bits) : -1, family);
    } catch (cause) {
      throw new Error(`TRUSTED_PROXIES: ${entry} is not an address or a CIDR`, { cause });
    }
  }
  return trusted;
}

let configured: BlockList | undefined;

const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");

/**
 * Who calls. `peer` is the socket's remote address; undefined inside Next, which does not tell it: the right-most forwarded address then counts
 * as the peer, because the server in front has put it there. Null where nothing is known.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | null | undefined,
  trusted: BlockList = (configured ??= parseTrustedProxies(env.TRUSTED_PROXIES)),
): string | null {
  const chain = (forwardedFor ?? "").split(",").map((text) => plain(text.trim()));
  if (peer !== undefined) chain.push(plain(peer));
  let nearest: string | null = null;
  for (const address of chain.toReversed()) {
    // What stands left of something that is no address was written by who knows whom.
    if (isIP(address) === 0) break;
    nearest = address;
    if (!trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")) break;
  }
  return nearest;
}
