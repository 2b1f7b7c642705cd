/** Engines and their drafts as the browser reads and changes them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { MAX_PAGE_SIZE } from "../page-size.ts";
import type {
  ConfigValidity,
  CreateEngine,
  CreatedEngine,
  EngineDraft,
  EngineDto,
  EnginePage,
  EngineVersionPage,
  PutEngineDraft,
  UpdateEngine,
} from "./schema.ts";
import type { EngineTryResult, TryEngine } from "./try-schema.ts";

export const ENGINES_PER_PAGE = 100;

/** The organization's engines; they belong to it and not to an environment. */
export function enginesQuery(cursor: string | null = null) {
  return queryOptions({
    queryKey: ["engines", cursor],
    queryFn: ({ signal }) =>
      portalFetch<EnginePage>(portalUrl("/api/engines", { cursor: cursor ?? undefined, limit: ENGINES_PER_PAGE }), {
        signal,
      }),
    staleTime: 60_000,
  });
}

const enginePath = (slug: string, rest = "") => `/api/engines/${encodeURIComponent(slug)}${rest}`;

/** One engine. */
export function engineQuery(slug: string) {
  return queryOptions({
    queryKey: ["engine", slug],
    queryFn: ({ signal }) => portalFetch<EngineDto>(enginePath(slug), { signal }),
  });
}

/** The draft as it is stored. */
export function engineDraftQuery(slug: string) {
  return queryOptions({
    queryKey: ["engine", slug, "draft"],
    queryFn: ({ signal }) => portalFetch<EngineDraft>(enginePath(slug, "/config"), { signal }),
  });
}

/**
 * Whether a config can be published. `text` is the config as JSON text, which must hold an object: it names the answer in the cache, so that
 * undoing a change needs no other check.
 */
export function configValidityQuery(slug: string, text: string) {
  return queryOptions({
    queryKey: ["engine", slug, "validity", text],
    queryFn: ({ signal }) =>
      portalFetch<ConfigValidity>(enginePath(slug, "/config/validate"), {
        method: "POST",
        body: { config: JSON.parse(text) as unknown },
        signal,
      }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  });
}

/** Creates an engine. `environment` is what the page shows: `all` is refused. The secret of an http engine is in this answer only. */
export function createEngine(environment: string, input: CreateEngine): Promise<CreatedEngine> {
  return portalFetch(portalUrl("/api/engines", { environment }), { method: "POST", body: input });
}

/** Changes name, description or timeout. */
export function updateEngine(environment: string, slug: string, input: UpdateEngine): Promise<EngineDto> {
  return portalFetch(portalUrl(enginePath(slug), { environment }), { method: "PATCH", body: input });
}

/** Replaces the draft. Throws a 409 `conflict` where the stored one is not the one that `expected_updated_at` names. */
export function saveEngineDraft(environment: string, slug: string, input: PutEngineDraft): Promise<EngineDraft> {
  return portalFetch(portalUrl(enginePath(slug, "/config"), { environment }), { method: "PUT", body: input });
}

/** Evaluates a config on an input, at once and without recording anything. */
export function tryEngine(slug: string, input: TryEngine, signal?: AbortSignal): Promise<EngineTryResult> {
  return portalFetch(enginePath(slug, "/try"), { method: "POST", body: input, ...(signal ? { signal } : {}) });
}

/** The newest hundred published versions of an engine, newest first. */
export function engineVersionsQuery(slug: string) {
  return queryOptions({
    queryKey: ["engine", slug, "versions"],
    queryFn: ({ signal }) =>
      portalFetch<EngineVersionPage>(portalUrl(enginePath(slug, "/versions"), { limit: MAX_PAGE_SIZE }), { signal }),
  });
}
