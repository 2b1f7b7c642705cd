/** What every page of the portal stands on: queries, URL state, tooltips, the clock, toasts, and the nonce for injected styles. */
"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";

import { getQueryClient } from "@/components/shell/query-client";
import { ClockProvider } from "@/components/ui/clock";
import { keepCspNonce } from "@/components/ui/csp-nonce";
import { Toaster } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/tooltip";

/** `nonce` is the CSP nonce of this document, `renderedAtMs` the server's clock when it rendered. */
export function Providers({
  nonce,
  renderedAtMs,
  children,
}: {
  nonce: string | undefined;
  renderedAtMs: number;
  children: ReactNode;
}) {
  keepCspNonce(nonce);
  return (
    <QueryClientProvider client={getQueryClient()}>
      <NuqsAdapter>
        <ClockProvider renderedAtMs={renderedAtMs}>
          <TooltipProvider>
            {children}
            <Toaster />
          </TooltipProvider>
        </ClockProvider>
      </NuqsAdapter>
    </QueryClientProvider>
  );
}
