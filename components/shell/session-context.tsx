/** Who is signed in, in which organization, with which permissions: given once by the layout, read anywhere below it. */
"use client";

import { createContext, type ReactNode, useContext } from "react";

import type { AnyPermission, Role } from "@/lib/auth/permissions";

export type PortalSession = {
  user: { id: string; email: string; name: string };
  organization: { id: string; name: string };
  role: Role;
  permissions: readonly AnyPermission[];
  support_contact: string;
  /** Address of the bearer API, without a slash at its end. */
  api_url: string;
  /** Address of the portal, without a slash at its end. */
  platform_url: string;
};

const SessionContext = createContext<PortalSession | null>(null);

/** Hands the session to everything below. */
export function SessionProvider({ session, children }: { session: PortalSession; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The session. Only below the portal's layout. */
export function useSession(): PortalSession {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession needs a SessionProvider above it");
  return session;
}

/** Whether the signed-in person has a permission. The server checks again; this only decides what is offered. */
export function useCan(permission: AnyPermission): boolean {
  return useSession().permissions.includes(permission);
}
