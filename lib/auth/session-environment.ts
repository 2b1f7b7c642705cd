/**
 * `?environment=` of a portal route, as a scope: a slug is looked up in the session's organization, `all` stays the whole organization.
 */
import { ALL_SLUG, LIVE_SLUG } from "../environments/environment-param.ts";
import { findEnvironment } from "../environments/service.ts";
import { ApiError } from "../errors.ts";
import { type EnvironmentScope, environmentScope, type OrgScope } from "./principal.ts";

/** An environment of the organization by its slug. Throws 404 for what does not exist, is deleted or belongs to somebody else. */
export async function environmentScopeBySlug(scope: OrgScope, slug: string): Promise<EnvironmentScope> {
  return environmentScope(scope, await findEnvironment(scope, slug));
}

/** What a reading route looks at: one environment, live without a query, or `all` for the rollup over every one. */
export async function readableEnvironment(
  scope: OrgScope,
  slug: string | undefined,
): Promise<EnvironmentScope | typeof ALL_SLUG> {
  return slug === ALL_SLUG ? ALL_SLUG : environmentScopeBySlug(scope, slug ?? LIVE_SLUG);
}

/** What a writing route changes: one environment. `all` is for reading only: 409. */
export async function writableEnvironment(scope: OrgScope, slug: string | undefined): Promise<EnvironmentScope> {
  if (slug === ALL_SLUG) {
    throw new ApiError(
      "conflict",
      "All environments together are read-only: choose one environment to change something",
    );
  }
  return environmentScopeBySlug(scope, slug ?? LIVE_SLUG);
}
