/**
 * The search by value stands behind the # of the page's address: it survives reload and can be handed on as a link, and unlike a query it is
 * sent to no server, so that what is searched for is in no log.
 */
"use client";

import { useSyncExternalStore } from "react";

const PREFIX = "#find=";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  window.addEventListener("hashchange", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
    window.removeEventListener("hashchange", listener);
  };
}

function read(): string | null {
  const { hash } = window.location;
  if (!hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(hash.slice(PREFIX.length));
  } catch {
    return null;
  }
}

/** The search of the page's address, or null. */
export function useFind(): string | null {
  return useSyncExternalStore(subscribe, read, () => null);
}

/** Begins another search, or with null none: a new history entry. */
export function setFind(query: string | null): void {
  const { pathname, search } = window.location;
  const hash = query === null ? "" : PREFIX + encodeURIComponent(query);
  window.history.pushState(null, "", pathname + search + hash);
  for (const tell of listeners) tell();
}
