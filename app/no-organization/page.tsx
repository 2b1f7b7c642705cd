/** For a person who is signed in and works in no organization: says so, and what to do. Who was invited since can go on from here. */
import { Building2 } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";

import { PublicFrame } from "@/components/shell/public-frame";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";
import { listSessionMemberships, requirePageUser } from "@/lib/auth/session";
import { env } from "@/lib/env";

export const metadata: Metadata = { title: "No organization" };

export default async function NoOrganizationPage() {
  const { user, hasOrganization } = await requirePageUser();
  if (hasOrganization) redirect("/runs");
  const memberships = await listSessionMemberships(user.id);
  const address = <span className="font-medium break-all text-ink">{user.email}</span>;
  return (
    <PublicFrame>
      <StateView
        heading="h1"
        icon={Building2}
        title={memberships.length > 0 ? "Choose an organization" : "You do not belong to an organization"}
        actions={
          <>
            {memberships.map(({ workosOrganizationId, name }) => (
              <a
                key={workosOrganizationId}
                href={`/login?${new URLSearchParams({ organization_id: workosOrganizationId, login_hint: user.email })}`}
                className={buttonStyles({ variant: "primary" })}
              >
                {name}
              </a>
            ))}
            <form action="/logout" method="post">
              <Button type="submit" variant={memberships.length > 0 ? "secondary" : "primary"}>
                Sign out
              </Button>
            </form>
          </>
        }
      >
        {memberships.length > 0 ? (
          <p>You are signed in as {address}.</p>
        ) : (
          <p>
            You are signed in as {address}. Ask an owner of your organization to invite this address, then load this
            page again. If you expected to have access, {env.SUPPORT_CONTACT} can help.
          </p>
        )}
      </StateView>
    </PublicFrame>
  );
}
