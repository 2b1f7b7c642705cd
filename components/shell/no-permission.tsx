/** A page that this person may not see: the missing permission by name, who can grant it, and a page that they may see. */
"use client";

import { ShieldAlert } from "lucide-react";
import Link from "next/link";

import { homeOf } from "@/components/shell/nav-items";
import { useSession } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";
import type { AnyPermission } from "@/lib/auth/permissions";

/** `what` completes "You cannot see …". */
export function NoPermission({ permission, what }: { permission: AnyPermission; what: string }) {
  const { permissions, organization } = useSession();
  const { href } = useEnvironment();
  const home = homeOf(permissions);
  return (
    <StateView
      icon={ShieldAlert}
      title={`You cannot see ${what}`}
      actions={
        <Link href={href(home.path)} className={buttonStyles({})}>
          Go to {home.label.toLowerCase()}
        </Link>
      }
    >
      <p>
        This needs the permission <code className="font-mono text-xs text-soft">{permission}</code>. An owner of{" "}
        {organization.name} can grant it by changing your role.
      </p>
    </StateView>
  );
}
