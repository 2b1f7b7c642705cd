/** Versions of engines as the browser reads and makes them: how they differ, what publishing would do, which environments run them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { MAX_PAGE_SIZE } from "../page-size.ts";
import type { EnvironmentDto } from "../environments/schema.ts";
import type { EngineDiff, PublishPreview } from "./diff-schema.ts";
import type { EnginePinList } from "./pin-schema.ts";
import type { EngineVersionDetail, EngineVersionDto, EngineVersionPage, PublishEngine } from "./schema.ts";

export const VERSIONS_PER_PAGE = MAX_PAGE_SIZE;

const enginePath = (slug: string, rest: string) => `/api/engines/${encodeURIComponent(slug)}${rest}`;

/** A page of published versions, newest first. */
export function versionPageQuery(slug: string, cursor: string | null) {
  return queryOptions({
    queryKey: ["engine", slug, "versions", cursor],
    queryFn: ({ signal }) =>
      portalFetch<EngineVersionPage>(
        portalUrl(enginePath(slug, "/versions"), { cursor: cursor ?? undefined, limit: VERSIONS_PER_PAGE }),
        { signal },
      ),
  });
}

/** A published version with its config, which never changes. */
export function versionQuery(slug: string, version: string) {
  return queryOptions({
    queryKey: ["engine", slug, "versions", "one", version],
    queryFn: ({ signal }) =>
      portalFetch<EngineVersionDetail>(enginePath(slug, `/versions/${encodeURIComponent(version)}`), { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** How two versions differ; `from` and `to` are numbers, `latest` or `draft`. */
export function diffQuery(slug: string, from: string, to: string) {
  return queryOptions({
    queryKey: ["engine", slug, "diff", from, to],
    queryFn: ({ signal }) => portalFetch<EngineDiff>(portalUrl(enginePath(slug, "/diff"), { from, to }), { signal }),
  });
}

/** What publishing the draft would do now: asked afresh each time. */
export function publishPreviewQuery(slug: string) {
  return queryOptions({
    queryKey: ["engine", slug, "publish-preview"],
    queryFn: ({ signal }) => portalFetch<PublishPreview>(enginePath(slug, "/publish-preview"), { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

/** Which version each environment runs. */
export function enginePinsQuery(slug: string) {
  return queryOptions({
    queryKey: ["engine", slug, "pins"],
    queryFn: ({ signal }) => portalFetch<EnginePinList>(enginePath(slug, "/pins"), { signal }),
  });
}

/** Publishes the draft. Refusals: 422 with problems, 409 `conflict` where it is another than `expected_updated_at` says. */
export function publishEngine(environment: string, slug: string, input: PublishEngine): Promise<EngineVersionDto> {
  return portalFetch(portalUrl(enginePath(slug, "/versions"), { environment }), { method: "POST", body: input });
}

/** Pins an environment to a version of one engine; null takes the pin away. */
export function pinEngine(environment: string, slug: string, spec: string | null): Promise<EnvironmentDto> {
  return portalFetch(`/api/environments/${encodeURIComponent(environment)}`, {
    method: "PATCH",
    body: { engine_pins: { [slug]: spec } },
  });
}
