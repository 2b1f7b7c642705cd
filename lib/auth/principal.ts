/**
 * Who calls, and within what. Services take a scope, never a bare organization id; scopes are branded and made only in lib/auth,
 * so that a query which forgets its tenant does not compile.
 */
import type { EnvironmentKind } from "../generated/prisma/enums.ts";
import { ApiError } from "../errors.ts";
import type { AnyPermission, Role } from "./permissions.ts";

/** A person, signed in through WorkOS, in one organization. */
export type SessionPrincipal = { kind: "session"; userId: string; email: string; name: string; role: Role };

/** A program with a key of one environment. */
export type EnvironmentKeyPrincipal = {
  kind: "environment_key";
  keyId: string;
  keyName: string;
  keyPrefix: string;
  scopes: readonly string[];
};

/** The program itself: first sign-in, the command line, background work. */
export type SystemPrincipal = { kind: "system"; name: string };

export type Principal = SessionPrincipal | EnvironmentKeyPrincipal | SystemPrincipal;

/** Facts about the request that audit events and logs carry. */
export type RequestContext = { requestId: string; ip: string | null; userAgent: string | null };

declare const ORG: unique symbol;
declare const ENVIRONMENT: unique symbol;

/** The right to work within one organization. */
export type OrgScope = {
  readonly [ORG]: true;
  readonly orgId: string;
  readonly principal: Principal;
  readonly permissions: ReadonlySet<AnyPermission>;
  readonly request: RequestContext;
};

/** The right to work within one environment. */
export type EnvironmentScope = OrgScope & {
  readonly [ENVIRONMENT]: true;
  readonly environmentId: string;
  readonly environmentSlug: string;
  readonly environmentKind: EnvironmentKind;
};

/** Makes a scope. To be called in lib/auth, by the command line and by tests only; the architecture test proves it. */
export function orgScope(parts: {
  orgId: string;
  principal: Principal;
  permissions: ReadonlySet<AnyPermission>;
  request: RequestContext;
}): OrgScope {
  return parts as OrgScope;
}

/** Narrows an organization's scope to one of its environments. As orgScope, for lib/auth only. */
export function environmentScope(
  scope: OrgScope,
  environment: { id: string; slug: string; kind: EnvironmentKind },
): EnvironmentScope {
  return {
    ...scope,
    environmentId: environment.id,
    environmentSlug: environment.slug,
    environmentKind: environment.kind,
  } as EnvironmentScope;
}

/** Throws 403 `forbidden` that names the missing permission. */
export function requirePermission(scope: OrgScope, permission: AnyPermission): void {
  if (!scope.permissions.has(permission)) throw new ApiError("forbidden", `This needs the permission ${permission}`);
}
