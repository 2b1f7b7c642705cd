/** The query cache: one a browser, one a request on the server. */
import { QueryClient } from "@tanstack/react-query";

import { PortalError } from "@/lib/http/portal-client";

const RETRIES = 2;

/** A refusal will be refused again; only silence and the server's own failures are worth another try. */
function worthRetrying(failures: number, error: unknown): boolean {
  const refused = error instanceof PortalError && error.status > 0 && error.status < 500;
  return !refused && failures < RETRIES;
}

const STALE_MS = 5_000;

/** A cache for one server render; pages prefetch into it and dehydrate it. It never retries: the browser will. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { staleTime: STALE_MS, retry: false } } });
}

let browserClient: QueryClient | undefined;

/** The browser's one cache; a fresh one on the server. */
export function getQueryClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  browserClient ??= new QueryClient({
    defaultOptions: { queries: { staleTime: STALE_MS, retry: worthRetrying } },
  });
  return browserClient;
}
