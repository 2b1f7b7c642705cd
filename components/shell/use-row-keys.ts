/** j and k walk through the rows of a table by moving the focus to their links, so that Enter opens one by itself; o shows it at the side, x selects it, n makes a new one. */
"use client";

import { useEffect, useEffectEvent } from "react";

import { useSingleKeys } from "@/components/shell/shortcuts";

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog], [role=menu]";

type RowKeys = {
  /** Stands on the link of each row, with the row's id as its value. */
  attribute: `data-${string}-link`;
  peekedId: string | null;
  onPeek: (id: string) => void;
  onClose: () => void;
  onSelect?: (id: string) => void;
  onNew?: () => void;
};

/** Listens while the table is on the page. With the panel open it follows the focus. */
export function useRowKeys({ attribute, peekedId, onPeek, onClose, onSelect, onNew }: RowKeys): void {
  const singleKeys = useSingleKeys();
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.metaKey || event.ctrlKey || event.altKey || target?.closest(TYPING)) return;
    if (event.key === "Escape" && peekedId !== null) return onClose();
    if (!singleKeys) return;
    if (event.key === "n" && onNew) {
      event.preventDefault();
      return onNew();
    }
    const idOf = (link: HTMLElement) => link.getAttribute(attribute) ?? "";
    const links = [...document.querySelectorAll<HTMLElement>(`[${attribute}]`)].filter(
      (link) => link.offsetParent !== null,
    );
    const focused = links.findIndex((link) => link === document.activeElement);
    const at = focused >= 0 ? focused : links.findIndex((link) => idOf(link) === peekedId);
    if (event.key === "o" && at >= 0) return onPeek(idOf(links[at]!));
    if (event.key === "x" && at >= 0) return onSelect?.(idOf(links[at]!));
    if (event.key !== "j" && event.key !== "k") return;
    const next = links[Math.min(Math.max(event.key === "j" ? at + 1 : at - 1, 0), links.length - 1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    if (peekedId !== null) onPeek(idOf(next));
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
