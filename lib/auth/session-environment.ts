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

/**
 * What a writing route may change: the environment that the query names, or `undefined` where it names none and the thing itself says
 * where it stands. `all` is handed on, so that it is refused in its turn: it is a 409, and those come last.
 */
export async function writableEnvironment(
  scope: OrgScope,
  slug: string | undefined,
): Promise<EnvironmentScope | typeof ALL_SLUG | undefined> {
  return slug === undefined || slug === ALL_SLUG ? slug : environmentScopeBySlug(scope, slug);
}

/** The 409 of a write for all environments together. */
export function allIsReadOnly(): ApiError {
  return new ApiError(
    "conflict",
    "All environments together are read-only: choose one environment to change something",
  );
}
