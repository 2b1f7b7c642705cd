/**
 * The first read of a page, made on the server and handed to the browser's cache under the key that the browser would use, so that the
 * page arrives with its rows. What cannot be read here, the browser reads again and says why.
 */
import { cache } from "react";

import { makeQueryClient } from "@/components/shell/query-client";
import { loadRunFilters } from "@/components/runs/run-filter-params";
import * as apiKeys from "@/lib/api-keys/service";
import { apiKeysQuery } from "@/lib/api-keys/query-options";
import type { OrgScope } from "@/lib/auth/principal";
import { requirePageSession } from "@/lib/auth/session";
import { readableEnvironment } from "@/lib/auth/session-environment";
import { DEFAULT_PAGE_SIZE } from "@/lib/page-size";
import * as drafts from "@/lib/engines/draft-service";
import * as engines from "@/lib/engines/service";
import { engineDraftQuery, engineQuery, ENGINES_PER_PAGE, enginesQuery } from "@/lib/engines/query-options";
import { ENVIRONMENT_PARAM, type EnvironmentChoice, resolveEnvironment } from "@/lib/environments/environment-param";
import * as environments from "@/lib/environments/service";
import { createdRange } from "@/lib/runs/created-range";
import { RUNS_PER_PAGE, runQuery, runsQuery } from "@/lib/runs/query-options";
import * as runs from "@/lib/runs/service";

export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** All environments of the session's organization; layout and page of one request ask once. */
export const listPageEnvironments = cache(async () => {
  const { scope } = await requirePageSession();
  return environments.listAllEnvironments(scope);
});

/** The environment that a page's URL asks for. */
export async function pageEnvironment(searchParams: SearchParams): Promise<EnvironmentChoice> {
  const raw = (await searchParams)[ENVIRONMENT_PARAM];
  return resolveEnvironment(raw, (await listPageEnvironments()).data);
}

/** The organization's scope for `all`, else the environment's. */
export async function readScope(scope: OrgScope, slug: string): Promise<OrgScope> {
  const environment = await readableEnvironment(scope, slug);
  return environment === "all" ? scope : environment;
}

/** The runs page's first read. */
export async function readRuns(searchParams: SearchParams) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("runs:read")) return queryClient;
  const { slug } = await pageEnvironment(searchParams);
  const { cursor, ...filters } = await loadRunFilters(searchParams);
  const { createdAfter, createdBefore } = createdRange(filters.created, Date.now());
  await Promise.all([
    queryClient.prefetchQuery({
      queryKey: runsQuery(slug, filters, cursor).queryKey,
      queryFn: async () =>
        runs.listRuns(await readScope(scope, slug), {
          status: filters.status.length > 0 ? filters.status : undefined,
          engine: filters.engine ?? undefined,
          version: filters.version ?? undefined,
          created_after: createdAfter,
          created_before: createdBefore,
          tag: filters.tag ?? undefined,
          id: filters.id ?? undefined,
          cursor: cursor ?? undefined,
          limit: RUNS_PER_PAGE,
        }),
    }),
    prefetchEngines(queryClient, scope),
  ]);
  return queryClient;
}

/** A run's payloads come with the page up to this size, in bytes; larger ones the browser fetches, so that no page is made of megabytes. */
const MAX_PAYLOADS_IN_PAGE = 256 << 10;

/** The first read of the page of one run; `environment` is the slug of the run's own environment, null where there is no such run. */
export async function readRun(id: string) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  const found = scope.permissions.has("runs:read") ? await runs.peekRun(scope, id) : undefined;
  if (found && found.payloadBytes <= MAX_PAYLOADS_IN_PAGE) {
    const { queryKey } = runQuery(id);
    await queryClient.prefetchQuery({ queryKey, queryFn: () => runs.getRun(scope, id) });
  }
  return { queryClient, environment: found?.environment ?? null };
}

/** The run tester's first read: the engines, and the run that it starts from; what that was given the browser reads. */
export async function readTester(from: string | null) {
  const { scope } = await requirePageSession();
  const queryClient = from === null ? makeQueryClient() : (await readRun(from)).queryClient;
  await prefetchEngines(queryClient, scope);
  return queryClient;
}

/** The API keys page's first read. */
export async function readApiKeys(searchParams: SearchParams) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("api_keys:read")) return queryClient;
  const { slug } = await pageEnvironment(searchParams);
  const raw = (await searchParams)["cursor"];
  const cursor = typeof raw === "string" ? raw : null;
  await queryClient.prefetchQuery({
    queryKey: apiKeysQuery(slug, cursor).queryKey,
    queryFn: async () =>
      apiKeys.listApiKeys(scope, await readableEnvironment(scope, slug), {
        cursor: cursor ?? undefined,
        limit: DEFAULT_PAGE_SIZE,
      }),
  });
  return queryClient;
}

/** The engines page's first read. */
export async function readEngines() {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  await prefetchEngines(queryClient, scope);
  return queryClient;
}

/** The first read of every tab of an engine: the engine, and for those who may see it its draft, if that is not large. */
export async function readEngine(slug: string) {
  const { scope } = await requirePageSession();
  const queryClient = makeQueryClient();
  if (!scope.permissions.has("engines:read")) return queryClient;
  await Promise.all([
    queryClient.prefetchQuery({
      queryKey: engineQuery(slug).queryKey,
      queryFn: () => engines.getEngine(scope, slug),
    }),
    scope.permissions.has("engines:manage") ? prefetchDraft(queryClient, scope, slug) : undefined,
  ]);
  return queryClient;
}

async function prefetchDraft(
  queryClient: ReturnType<typeof makeQueryClient>,
  scope: OrgScope,
  slug: string,
): Promise<void> {
  if (!(await drafts.fitsPage(scope, slug).catch(() => false))) return;
  await queryClient.prefetchQuery({
    queryKey: engineDraftQuery(slug).queryKey,
    queryFn: () => drafts.getDraft(scope, slug),
  });
}

async function prefetchEngines(queryClient: ReturnType<typeof makeQueryClient>, scope: OrgScope): Promise<void> {
  if (!scope.permissions.has("engines:read")) return;
  await queryClient.prefetchQuery({
    queryKey: enginesQuery().queryKey,
    queryFn: () => engines.listEngines(scope, { limit: ENGINES_PER_PAGE }),
  });
}
