/** The signed-in person: who, in which role, and the way out. */
"use client";

import { Keyboard, LogOut } from "lucide-react";

import { useSession } from "@/components/shell/session-context";
import { setSingleKeys, useSingleKeys } from "@/components/shell/shortcuts";
import { Menu, MenuCheckboxItem, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/components/ui/menu";

/** Two letters for a round button: initials of the name, else of the address. */
function initials(name: string, email: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters =
    words.length > 1 ? [words[0], words.at(-1)].map((word) => word?.[0]).join("") : (words[0] ?? email).slice(0, 2);
  return letters.toUpperCase();
}

/** Sign-out is a real form post: it goes to WorkOS and must not be a fetch. */
export function UserMenu() {
  const { user, organization, role } = useSession();
  const singleKeys = useSingleKeys();
  return (
    <>
      <form id="sign-out" action="/logout" method="post" className="hidden" />
      <Menu modal={false}>
        <MenuTrigger className="flex size-8 items-center justify-center rounded-full border border-line bg-sunken text-xs font-semibold text-soft transition-colors hover:bg-hover data-[state=open]:bg-hover">
          <span aria-hidden>{initials(user.name, user.email)}</span>
          <span className="sr-only">Account: {user.email}</span>
        </MenuTrigger>
        <MenuContent align="end" className="w-60">
          <div className="px-2 py-1.5">
            <p className="truncate text-sm font-medium">{user.name || user.email}</p>
            <p className="truncate text-xs text-muted">{user.email}</p>
            <p className="mt-1 text-xs text-muted">
              {role} of {organization.name}
            </p>
          </div>
          <MenuSeparator />
          <MenuCheckboxItem checked={singleKeys} onCheckedChange={setSingleKeys}>
            <Keyboard className="text-icon" aria-hidden />
            Single-key shortcuts
          </MenuCheckboxItem>
          <MenuItem onSelect={signOut}>
            <LogOut className="text-icon" aria-hidden />
            Sign out
          </MenuItem>
        </MenuContent>
      </Menu>
    </>
  );
}

/** Submits the sign-out form of the frame. */
export function signOut(): void {
  const form = document.getElementById("sign-out");
  if (form instanceof HTMLFormElement) form.submit();
}
