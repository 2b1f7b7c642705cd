/** Tabs of a page or of a panel in it; which one is open is the caller's: a page keeps it in the URL. */
"use client";

import { Tabs as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";

export type Tab<Value extends string> = { value: Value; label: ReactNode; content: ReactNode };

const LOOKS = {
  page: { root: "", list: "border-b", trigger: "h-9", content: "pt-5 outline-offset-4" },
  panel: {
    root: "flex h-full min-h-0 flex-col",
    list: "min-h-9 shrink-0 items-center border-b px-3",
    trigger: "h-9 text-xs",
    content: "min-h-0 flex-1 overflow-auto -outline-offset-2",
  },
} as const;

/** A row of tabs and the panel of the open one; `look="panel"` fills its place, with `actions` at the right of the row. */
export function Tabs<Value extends string>({
  label,
  tabs,
  value,
  onChange,
  look = "page",
  actions,
}: {
  label: string;
  tabs: readonly Tab<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  look?: keyof typeof LOOKS;
  actions?: ReactNode;
}) {
  const styles = LOOKS[look];
  return (
    <Primitive.Root value={value} onValueChange={(next) => onChange(next as Value)} className={styles.root}>
      <div className={cn("flex gap-x-4", styles.list)}>
        <Primitive.List aria-label={label} className="flex gap-4 overflow-x-auto">
          {tabs.map((tab) => (
            <Primitive.Trigger
              key={tab.value}
              value={tab.value}
              className={cn(
                "-mb-px border-b-2 border-transparent px-0.5 text-sm font-medium whitespace-nowrap text-muted transition-colors hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-ink data-[state=active]:text-ink",
                styles.trigger,
              )}
            >
              {tab.label}
            </Primitive.Trigger>
          ))}
        </Primitive.List>
        {actions ? <div className="ml-auto flex items-center gap-2">{actions}</div> : null}
      </div>
      {tabs.map((tab) => (
        <Primitive.Content key={tab.value} value={tab.value} className={styles.content}>
          {tab.content}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
