/**
 * The nonce of this document, for the few libraries that add a style element of their own. It stays that of the first load: pages that
 * follow are loaded into the same document.
 */

// The name under which get-nonce looks for it; Radix's scroll lock marks the one style element that it adds with it.
const NONCE_GLOBAL = "__webpack_nonce__";

/** Keeps the nonce that the document came with; later ones belong to other documents and are ignored. */
export function keepCspNonce(nonce: string | undefined): void {
  if (typeof window !== "undefined" && nonce && !(NONCE_GLOBAL in window)) Reflect.set(window, NONCE_GLOBAL, nonce);
}

/** The nonce; empty where there is none. Only in the browser. */
export function cspNonce(): string {
  return String(Reflect.get(window, NONCE_GLOBAL) ?? "");
}
