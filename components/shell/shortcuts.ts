/**
 * Whether single keys such as j and k do something. People who speak to their computer type letters without meaning to, so this can be
 * switched off in the account menu (WCAG 2.1.4); the choice stays in this browser.
 */
"use client";

import { useSyncExternalStore } from "react";

const STORAGE_KEY = "nexio-single-keys";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

function isOn(): boolean {
  return localStorage.getItem(STORAGE_KEY) !== "off";
}

/** On unless switched off. */
export function useSingleKeys(): boolean {
  return useSyncExternalStore(subscribe, isOn, () => true);
}

/** Switches single keys on or off, in all tabs. */
export function setSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, "off");
  for (const tell of listeners) tell();
}
