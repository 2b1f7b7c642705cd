/** For a person who is signed in and belongs to no organization: says so, and what to do. */
import { Building2 } from "lucide-react";
import type { Metadata } from "next";
import { redirect } from "next/navigation";

import { PublicFrame } from "@/components/shell/public-frame";
import { Button } from "@/components/ui/button";
import { StateView } from "@/components/ui/state-view";
import { requirePageUser } from "@/lib/auth/session";
import { env } from "@/lib/env";

export const metadata: Metadata = { title: "No organization" };

export default async function NoOrganizationPage() {
  const { user, hasOrganization } = await requirePageUser();
  if (hasOrganization) redirect("/runs");
  return (
    <PublicFrame>
      <StateView
        icon={Building2}
        title="You do not belong to an organization"
        actions={
          <form action="/logout" method="post">
            <Button type="submit" variant="primary">
              Sign out
            </Button>
          </form>
        }
      >
        <p>
          You are signed in as <span className="font-medium break-all text-ink">{user.email}</span>. Ask an owner of
          your organization to invite this address, then sign in again. If you expected to have access, contact{" "}
          {env.SUPPORT_CONTACT}.
        </p>
      </StateView>
    </PublicFrame>
  );
}
