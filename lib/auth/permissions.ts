/**
 * Who may do what: WorkOS permission slugs, roles, and the scopes and presets of keys. One table for the server's checks and the portal's buttons.
 */

/** Scopes that an API key can have: the first seven permissions. */
export const KEY_SCOPES = [
  "runs:read",
  "runs:write",
  "engines:manage",
  "environments:manage",
  "webhooks:manage",
  "usage:read",
  "api_keys:manage",
] as const;

export const PERMISSIONS = [
  ...KEY_SCOPES,
  "billing:manage",
  "members:manage",
  "projects:manage",
  "replays:manage",
  "audit:read",
  "payloads:read",
] as const;

export type KeyScope = (typeof KEY_SCOPES)[number];
export type Permission = (typeof PERMISSIONS)[number];

/** What may be looked at without the right to change it, where that right covers both for others. */
export const READ_PERMISSIONS = ["api_keys:read", "webhooks:read", "engines:read", "environments:read"] as const;
export type ReadPermission = (typeof READ_PERMISSIONS)[number];
export type AnyPermission = Permission | ReadPermission;

/** WorkOS role slugs. A role that is not here counts as `member`. */
export const ROLES = {
  owner: [...PERMISSIONS, ...READ_PERMISSIONS],
  developer: [
    "runs:read",
    "runs:write",
    "engines:manage",
    "replays:manage",
    "usage:read",
    "payloads:read",
    "api_keys:read",
    "webhooks:read",
    "engines:read",
    "environments:read",
  ],
  finance: ["usage:read", "billing:manage", "environments:read"],
  member: ["runs:read", "engines:read", "environments:read"],
} as const satisfies Record<string, readonly AnyPermission[]>;

export type Role = keyof typeof ROLES;

/** The role of a WorkOS slug; unknown and missing ones are `member`, the least. */
export function roleOf(slug: string | undefined): Role {
  return slug !== undefined && Object.hasOwn(ROLES, slug) ? (slug as Role) : "member";
}

export function permissionsOf(role: Role): ReadonlySet<AnyPermission> {
  return new Set<AnyPermission>(ROLES[role]);
}

/** What the portal offers when a key is made. */
export const KEY_PRESETS = {
  full: { label: "Full", scopes: KEY_SCOPES },
  trigger_only: { label: "Trigger only", scopes: ["runs:write", "runs:read"] },
  observer: { label: "Observer", scopes: ["runs:read", "usage:read"] },
} as const satisfies Record<string, { label: string; scopes: readonly KeyScope[] }>;

/** What a key may do: its scopes, and reading what they let it manage. A key with `runs:read` sees payloads: programs need them. */
export function permissionsOfScopes(scopes: readonly string[]): ReadonlySet<AnyPermission> {
  const has = new Set<AnyPermission>(
    scopes.filter((scope): scope is KeyScope => (KEY_SCOPES as readonly string[]).includes(scope)),
  );
  has.add("environments:read");
  if (has.has("api_keys:manage")) has.add("api_keys:read");
  if (has.has("webhooks:manage")) has.add("webhooks:read");
  if (has.has("engines:manage") || has.has("runs:write") || has.has("runs:read")) has.add("engines:read");
  if (has.has("runs:read")) has.add("payloads:read");
  return has;
}
