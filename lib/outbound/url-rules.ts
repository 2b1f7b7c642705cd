/** Which URLs of customers' choosing are taken at all, before anything is resolved. What a name resolves to is looked at when it is called. */
import { isAddress, isAllowedAddress } from "./address-rules.ts";
import { outboundPolicy, type OutboundPolicy } from "./policy.ts";

const MAX_URL_LENGTH = 2_048;
// A URL's parser leaves them out without a word: what is called would be another URL than the one that was given.
const UNSEEN = /[\s\p{Cc}\p{Cf}]/u;
const INTERNAL_NAME = /(^|\.)(internal|local|localhost)$/;

/** The host of a URL as rules look at it: without brackets, without the root's dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

function hostProblem(host: string, policy: OutboundPolicy): string | null {
  if (isAddress(host)) return isAllowedAddress(host, policy) ? null : "must not be an address that is not public";
  if (host === "localhost" && policy.development) return null;
  if (host.split(".").includes("")) return "must have a host name without empty parts";
  if (INTERNAL_NAME.test(host)) return "must not be a name of an internal network";
  return host.includes(".") ? null : "must have a full host name, such as api.example.com";
}

/** Why a URL may not be called, in words that follow its name; null where it may. A name that does not resolve is none of it. */
export function urlProblem(text: string, policy: OutboundPolicy = outboundPolicy()): string | null {
  if (text.length > MAX_URL_LENGTH) return `must have at most ${MAX_URL_LENGTH} characters`;
  if (UNSEEN.test(text)) return "must not have spaces, line breaks or control characters in it";
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return "must be a URL, such as https://api.example.com/runs";
  const isHttp = url.protocol === "http:" && policy.development;
  if (url.protocol !== "https:" && !isHttp) return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not have credentials in it";
  return hostProblem(hostOf(url), policy);
}

/**
 * A URL that may be called, as it is called: what its parser makes of it, without the fragment, which is never sent. It stays as it was typed where
 * only the slash of an empty path is missing.
 */
export function calledUrl(text: string): string {
  const url = new URL(text);
  url.hash = "";
  return url.href === `${text}/` ? text : url.href;
}
