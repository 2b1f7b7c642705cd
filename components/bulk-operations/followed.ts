/** Which bulk operations this tab follows: those that were asked for in it, until they are dismissed. Kept over reload and navigation. */
"use client";

import { useSyncExternalStore } from "react";

const STORAGE_KEY = "nexio-bulk-operations";
const NONE: readonly string[] = [];
const listeners = new Set<() => void>();
let followed: readonly string[] | undefined;

function read(): readonly string[] {
  if (followed) return followed;
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]");
    followed = Array.isArray(stored) ? stored.filter((id): id is string => typeof id === "string") : NONE;
  } catch {
    followed = NONE;
  }
  return followed;
}

function write(ids: readonly string[]): void {
  followed = ids;
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(ids));
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Ids, the oldest first. */
export function useFollowedOperations(): readonly string[] {
  return useSyncExternalStore(subscribe, read, () => NONE);
}

export function followOperation(id: string): void {
  write([...read().filter((other) => other !== id), id]);
}

export function forgetOperation(id: string): void {
  write(read().filter((other) => other !== id));
}
