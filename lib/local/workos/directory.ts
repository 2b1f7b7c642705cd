/**
 * Who exists in the local sign-in: organizations, people and memberships, kept in the very shape in which the WorkOS API sends them.
 * Ids are fixed, so that the same person is the same person on every machine and in every test.
 */

export type WireOrganization = {
  object: "organization";
  id: string;
  name: string;
  allow_profiles_outside_organization: boolean;
  domains: never[];
  external_id: null;
  metadata: Record<string, string>;
  created_at: string;
  updated_at: string;
};

export type WireUser = {
  object: "user";
  id: string;
  email: string;
  email_verified: boolean;
  first_name: string | null;
  last_name: string | null;
  profile_picture_url: null;
  last_sign_in_at: string | null;
  locale: null;
  external_id: null;
  metadata: Record<string, string>;
  created_at: string;
  updated_at: string;
};

export type WireMembership = {
  object: "organization_membership";
  id: string;
  user_id: string;
  organization_id: string;
  organization_name: string;
  status: "active" | "inactive";
  directory_managed: boolean;
  role: { slug: string };
  roles: { slug: string }[];
  custom_attributes: Record<string, never>;
  created_at: string;
  updated_at: string;
};

export type WireInvitation = {
  object: "invitation";
  id: string;
  email: string;
  state: "pending" | "accepted" | "expired" | "revoked";
  accepted_at: string | null;
  revoked_at: string | null;
  expires_at: string;
  organization_id: string | null;
  inviter_user_id: string | null;
  accepted_user_id: string | null;
  role_slug: string | null;
  token: string;
  accept_invitation_url: string;
  created_at: string;
  updated_at: string;
};

export type Directory = {
  organizations: WireOrganization[];
  users: WireUser[];
  memberships: WireMembership[];
  invitations: WireInvitation[];
};

/** The password of everybody in the local sign-in. */
export const DEMO_PASSWORD = "nexio-demo";

const SEED_TIME = "2026-01-01T00:00:00.000Z";
const ORGANIZATIONS = ["Acme", "Globex"] as const;

/** The local part of an address, and the WorkOS role slug that it has in its organization. */
const PEOPLE = [
  { name: "owner", role: "owner" },
  { name: "developer", role: "developer" },
  { name: "finance", role: "finance" },
  { name: "viewer", role: "member" },
] as const;

const capitalized = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** An organization as new. */
export function newOrganization(id: string, name: string, at: string): WireOrganization {
  return {
    object: "organization",
    id,
    name,
    allow_profiles_outside_organization: false,
    domains: [],
    external_id: null,
    metadata: {},
    created_at: at,
    updated_at: at,
  };
}

/** A person as new, with a verified address. */
export function newUser(
  id: string,
  email: string,
  firstName: string | null,
  lastName: string | null,
  at: string,
): WireUser {
  return {
    object: "user",
    id,
    email,
    email_verified: true,
    first_name: firstName,
    last_name: lastName,
    profile_picture_url: null,
    last_sign_in_at: null,
    locale: null,
    external_id: null,
    metadata: {},
    created_at: at,
    updated_at: at,
  };
}

/** An active membership as new. */
export function newMembership(
  id: string,
  user: WireUser,
  organization: WireOrganization,
  roleSlug: string,
  at: string,
): WireMembership {
  return {
    object: "organization_membership",
    id,
    user_id: user.id,
    organization_id: organization.id,
    organization_name: organization.name,
    status: "active",
    directory_managed: false,
    role: { slug: roleSlug },
    roles: [{ slug: roleSlug }],
    custom_attributes: {},
    created_at: at,
    updated_at: at,
  };
}

/** The people that a fresh local sign-in knows: four in each organization, one in both, one in none. */
export function seedDirectory(): Directory {
  const organizations = ORGANIZATIONS.map((name) => newOrganization(`org_${name.toLowerCase()}`, name, SEED_TIME));
  const users: WireUser[] = [];
  const memberships: WireMembership[] = [];

  const join = (user: WireUser, organization: WireOrganization, role: string, at = SEED_TIME) => {
    const id = `om_${user.id.slice("user_".length)}_${organization.name.toLowerCase()}`;
    memberships.push(newMembership(id, user, organization, role, at));
  };

  for (const organization of organizations) {
    const domain = organization.name.toLowerCase();
    for (const { name, role } of PEOPLE) {
      const email = `${name}@${domain}.test`;
      const user = newUser(`user_${domain}_${name}`, email, capitalized(name), organization.name, SEED_TIME);
      users.push(user);
      join(user, organization, role);
    }
  }

  const both = newUser("user_acme_both", "both@acme.test", "Both", "Acme", SEED_TIME);
  users.push(both);
  // Acme is the older of the two memberships: where an organization must be chosen without asking, it is this one.
  join(both, organizations[0]!, "owner");
  join(both, organizations[1]!, "developer", "2026-01-02T00:00:00.000Z");
  users.push(newUser("user_acme_nobody", "nobody@acme.test", "Nobody", "Acme", SEED_TIME));

  return { organizations, users, memberships, invitations: [] };
}
