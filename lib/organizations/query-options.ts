/** Which organizations the signed-in person can switch to, as the browser reads it. */
import { queryOptions } from "@tanstack/react-query";
import { portalFetch } from "../http/portal-client.ts";

/** The part of the session that a page does not bring along. */
export type SessionOrganizations = {
  organization: { workos_id: string };
  organizations: { workos_id: string; name: string }[];
};

const STALE_MS = 300_000;

/** Asked once a visit: the server asks WorkOS for the memberships. */
export function sessionQuery() {
  return queryOptions({
    queryKey: ["session"],
    queryFn: ({ signal }) => portalFetch<SessionOrganizations>("/api/session", { signal }),
    staleTime: STALE_MS,
  });
}

/** Moves the session to another organization of the same person and answers where to go on. A foreign one is refused with 403. */
export function switchOrganization(workosId: string): Promise<{ location: string }> {
  return portalFetch("/api/session/organization", { method: "POST", body: { organization_id: workosId } });
}
