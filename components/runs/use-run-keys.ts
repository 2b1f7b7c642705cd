/** j and k walk through the rows by moving the focus to their links, so that Enter opens the run by itself; o shows it at the side, x selects it, n makes a new one. */
"use client";

import { useEffect, useEffectEvent } from "react";

import { useSingleKeys } from "@/components/shell/shortcuts";

const LINKS = "[data-run-link]";
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog], [role=menu]";

type RunKeys = {
  peekedId: string | null;
  onPeek: (id: string) => void;
  onClose: () => void;
  onSelect: (id: string) => void;
  onNew: () => void;
};

/** Listens while the table is on the page. With the panel open it follows the focus. */
export function useRunKeys({ peekedId, onPeek, onClose, onSelect, onNew }: RunKeys): void {
  const singleKeys = useSingleKeys();
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.metaKey || event.ctrlKey || event.altKey || target?.closest(TYPING)) return;
    if (event.key === "Escape" && peekedId !== null) return onClose();
    if (!singleKeys) return;
    if (event.key === "n") {
      event.preventDefault();
      return onNew();
    }
    const links = [...document.querySelectorAll<HTMLElement>(LINKS)].filter((link) => link.offsetParent !== null);
    const focused = links.findIndex((link) => link === document.activeElement);
    const at = focused >= 0 ? focused : links.findIndex((link) => link.dataset["runLink"] === peekedId);
    if (event.key === "o" && at >= 0) return onPeek(links[at]!.dataset["runLink"]!);
    if (event.key === "x" && at >= 0) return onSelect(links[at]!.dataset["runLink"]!);
    if (event.key !== "j" && event.key !== "k") return;
    const next = links[Math.min(Math.max(event.key === "j" ? at + 1 : at - 1, 0), links.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    if (peekedId !== null) onPeek(next.dataset["runLink"]!);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
