/**
 * The part of the WorkOS API that needs the API key: organizations, users, memberships, invitations, sessions and events.
 */
import { newMembership } from "./directory.ts";
import { entityNotFound, unprocessable } from "./exchange.ts";
import { acceptInvitation, createInvitation, revokeInvitation } from "./invitations.ts";
import { newWorkosId, toWireSession, type WorkosStore } from "./store.ts";
import type { StandIn } from "./tokens.ts";

type Call = {
  standIn: StandIn;
  store: WorkosStore;
  id: string;
  query: URLSearchParams;
  fields: Record<string, string>;
};
type Resource = { method: string; path: RegExp; answer: (call: Call) => unknown };

const DEFAULT_PAGE = 10;
const LARGEST_PAGE = 100;

/** One page of rows, newest first unless `order=asc`, after or before an id, as WorkOS pages. */
function page<Row extends { id: string; created_at: string }>(rows: readonly Row[], query: URLSearchParams) {
  const ascending = query.get("order") === "asc";
  const sorted = [...rows].sort((a, b) => a.created_at.localeCompare(b.created_at));
  if (!ascending) sorted.reverse();
  const limit = Math.min(Math.max(Number(query.get("limit") ?? DEFAULT_PAGE) || DEFAULT_PAGE, 1), LARGEST_PAGE);
  const before = query.get("before");
  const end = before === null ? -1 : sorted.findIndex((row) => row.id === before);
  const start = end === -1 ? sorted.findIndex((row) => row.id === query.get("after")) + 1 : Math.max(0, end - limit);
  const data = sorted.slice(start, end === -1 ? start + limit : end);
  return {
    object: "list",
    data,
    list_metadata: {
      before: start > 0 ? (data[0]?.id ?? null) : null,
      after: start + data.length < sorted.length ? (data.at(-1)?.id ?? null) : null,
    },
  };
}

function one<Row extends { id: string }>(rows: readonly Row[], id: string): Row {
  const found = rows.find((row) => row.id === id);
  if (!found) throw entityNotFound(id);
  return found;
}

const is = (query: URLSearchParams, name: string, value: string | null) => {
  const wanted = query.get(name);
  return wanted === null || wanted === value;
};

function createMembership({ store, fields }: Call) {
  const user = one(store.directory.users, fields.user_id ?? "");
  const organization = one(store.directory.organizations, fields.organization_id ?? "");
  const old = store.directory.memberships.find((m) => m.user_id === user.id && m.organization_id === organization.id);
  if (old?.status === "active") throw unprocessable("user_id", "organization_membership_already_exists");
  const now = new Date().toISOString();
  const membership = newMembership(old?.id ?? newWorkosId("om"), user, organization, fields.role_slug ?? "member", now);
  if (old) Object.assign(old, membership);
  else store.directory.memberships.push(membership);
  store.emit(old ? "organization_membership.updated" : "organization_membership.created", membership);
  return membership;
}

function changeMembership({ store, id }: Call, change: { status?: "active" | "inactive"; role?: string }) {
  const membership = one(store.directory.memberships, id);
  if (change.status) membership.status = change.status;
  if (change.role) {
    membership.role = { slug: change.role };
    membership.roles = [{ slug: change.role }];
  }
  membership.updated_at = new Date().toISOString();
  store.emit("organization_membership.updated", membership);
  return membership;
}

function removeMembership({ store, id }: Call) {
  const membership = one(store.directory.memberships, id);
  store.directory.memberships.splice(store.directory.memberships.indexOf(membership), 1);
  store.emit("organization_membership.deleted", membership);
}

const USERS = "/user_management/users";
const MEMBERSHIPS = "/user_management/organization_memberships";
const INVITATIONS = "/user_management/invitations";

const route = (method: string, template: string, answer: Resource["answer"]): Resource => ({
  method,
  path: new RegExp(`^${template.replace(":id", "([^/]+)")}$`),
  answer,
});

/** Every call that is answered; an `answer` of undefined is a 202 without a body to speak of. */
export const RESOURCES: readonly Resource[] = [
  route("GET", "/organizations", ({ store, query }) => page(store.directory.organizations, query)),
  route("GET", "/organizations/:id", ({ store, id }) => one(store.directory.organizations, id)),

  route("GET", USERS, ({ store, query }) => {
    const inOrganization = (userId: string) =>
      !query.has("organization_id") ||
      store.membershipsOf(userId).some((m) => m.organization_id === query.get("organization_id"));
    return page(
      store.directory.users.filter((user) => is(query, "email", user.email) && inOrganization(user.id)),
      query,
    );
  }),
  route("GET", `${USERS}/:id`, ({ store, id }) => one(store.directory.users, id)),
  route("GET", `${USERS}/:id/sessions`, ({ store, id, query }) => {
    one(store.directory.users, id);
    return page(store.sessions.filter((session) => session.user_id === id).map(toWireSession), query);
  }),
  route("POST", "/user_management/sessions/revoke", ({ store, fields }) => {
    const session = store.endSession(fields.session_id ?? "");
    if (!session) throw entityNotFound(fields.session_id ?? "");
    return toWireSession(session);
  }),

  route("GET", MEMBERSHIPS, ({ store, query }) => {
    const statuses = (query.get("statuses") ?? "active").split(",");
    return page(
      store.directory.memberships.filter(
        (m) =>
          is(query, "user_id", m.user_id) &&
          is(query, "organization_id", m.organization_id) &&
          statuses.includes(m.status),
      ),
      query,
    );
  }),
  route("POST", MEMBERSHIPS, createMembership),
  route("GET", `${MEMBERSHIPS}/:id`, ({ store, id }) => one(store.directory.memberships, id)),
  route("PUT", `${MEMBERSHIPS}/:id`, (call) => changeMembership(call, { role: call.fields.role_slug })),
  route("PUT", `${MEMBERSHIPS}/:id/deactivate`, (call) => changeMembership(call, { status: "inactive" })),
  route("PUT", `${MEMBERSHIPS}/:id/reactivate`, (call) => changeMembership(call, { status: "active" })),
  route("DELETE", `${MEMBERSHIPS}/:id`, removeMembership),

  route("GET", INVITATIONS, ({ store, query }) =>
    page(
      store.directory.invitations.filter(
        (i) => is(query, "email", i.email) && is(query, "organization_id", i.organization_id),
      ),
      query,
    ),
  ),
  route("POST", INVITATIONS, ({ store, standIn, fields }) => createInvitation(store, standIn.url, fields)),
  route("GET", `${INVITATIONS}/:id`, ({ store, id }) => one(store.directory.invitations, id)),
  route("POST", `${INVITATIONS}/:id/accept`, ({ store, id }) => acceptInvitation(store, { id })),
  route("POST", `${INVITATIONS}/:id/revoke`, ({ store, id }) => revokeInvitation(store, id)),

  route("GET", "/events", ({ store, query }) => {
    const wanted = query.getAll("events").flatMap((names) => names.split(","));
    const oldestFirst = new URLSearchParams([...query, ["order", query.get("order") ?? "asc"]]);
    return page(
      store.events.filter((event) => wanted.length === 0 || wanted.includes(event.event)),
      oldestFirst,
    );
  }),
];
