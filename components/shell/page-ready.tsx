/** Until the page's programs have come, its buttons do nothing: they take no pointer (app/globals.css), so that no press is lost unseen. */
"use client";

import { useEffect } from "react";

/** Takes away what the document is served with (app/layout.tsx), once the page answers. */
export function PageReady() {
  useEffect(() => document.documentElement.removeAttribute("data-loading"), []);
  return null;
}
