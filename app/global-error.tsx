"use client";

import "@/app/globals.css";
import { BrandMark } from "@/components/shell/brand-mark";

/** When the document itself failed: it replaces the root layout, so it brings its own and uses nothing of the providers. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body className="flex min-h-dvh flex-col items-center justify-center gap-3 p-6 text-center font-sans">
        <BrandMark />
        <h1 className="text-lg font-semibold">Nexio could not be shown</h1>
        <p className="text-sm text-muted">Load the page again. {error.digest ? `Error id ${error.digest}.` : null}</p>
        {/* A full load on purpose: the router's state may be what is broken. */}
        {/* oxlint-disable-next-line nextjs/no-html-link-for-pages */}
        <a href="/" className="text-sm text-accent-text underline">
          Back to the portal
        </a>
      </body>
    </html>
  );
}
