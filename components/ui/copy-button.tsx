/** Copies a text and says so, in place and to assistive technology. */
"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { Button, type ButtonProps } from "@/components/ui/button";

const CONFIRM_MS = 1_600;

/** Writes to the clipboard; where the browser forbids that (an insecure origin), through a hidden text area. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("aria-hidden", "true");
  const host = document.activeElement?.closest("[role=dialog]") ?? document.body;
  host.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** A button that copies `text`. `label` says what is copied; with `showLabel` it is also written on the button. */
export function CopyButton({
  text,
  label,
  showLabel = false,
  ...props
}: {
  /** What is copied; a function where making it takes long. */
  text: string | (() => string);
  label: string;
  showLabel?: boolean;
} & Pick<ButtonProps, "variant" | "size" | "className">) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), CONFIRM_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <Button
      variant="ghost"
      size={showLabel ? "sm" : "iconSm"}
      {...props}
      aria-label={copied ? "Copied" : label}
      onClick={(event) => {
        event.stopPropagation();
        void copyText(typeof text === "string" ? text : text()).then(() => setCopied(true));
      }}
    >
      <Icon aria-hidden className={copied ? "text-success-text" : undefined} />
      {showLabel ? (copied ? "Copied" : label) : null}
      <output className="sr-only">{copied ? "Copied" : ""}</output>
    </Button>
  );
}
