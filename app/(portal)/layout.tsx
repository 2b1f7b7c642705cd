/** The portal: asks who is signed in and puts the frame around every page. */
import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";

import { listPageEnvironments } from "@/app/(portal)/first-read";
import { AppShell } from "@/components/shell/app-shell";
import { makeQueryClient } from "@/components/shell/query-client";
import { SessionProvider } from "@/components/shell/session-context";
import { THEME_COOKIE, themeOf } from "@/components/shell/theme";
import { portalOrigin } from "@/lib/auth/origin";
import { requirePageSession } from "@/lib/auth/session";
import { apiUrl, env } from "@/lib/env";
import { environmentsQuery } from "@/lib/environments/query-options";

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const { user, role, organization, scope } = await requirePageSession();
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  const queryClient = makeQueryClient();
  await queryClient.prefetchQuery({ queryKey: environmentsQuery().queryKey, queryFn: listPageEnvironments });
  const session = {
    user,
    role,
    organization: { id: organization.id, name: organization.name },
    permissions: [...scope.permissions],
    support_contact: env.SUPPORT_CONTACT,
    api_url: apiUrl(),
    platform_url: portalOrigin((await headers()).get("host")),
  };
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <SessionProvider session={session}>
        <AppShell theme={theme}>{children}</AppShell>
      </SessionProvider>
    </HydrationBoundary>
  );
}
