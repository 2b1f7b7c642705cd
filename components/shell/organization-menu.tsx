/** Whose portal this is, and the way to another organization of the same person. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Check, ChevronsUpDown } from "lucide-react";

import { BrandMark } from "@/components/shell/brand-mark";
import { useSession } from "@/components/shell/session-context";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from "@/components/ui/menu";
import { toastError } from "@/components/ui/toast";
import { sessionQuery, switchOrganization } from "@/lib/organizations/query-options";

/** With one organization it is a plain heading: there is nothing to choose. */
export function OrganizationMenu() {
  const { organization } = useSession();
  const { data: memberships } = useQuery(sessionQuery());
  const organizations = memberships?.organizations ?? [];
  const content = (
    <>
      <BrandMark />
      <span className="min-w-0 flex-1 truncate text-left text-sm font-semibold">{organization.name}</span>
    </>
  );
  if (organizations.length < 2) return <div className="flex h-9 items-center gap-2.5 px-2">{content}</div>;
  return (
    <Menu modal={false}>
      <MenuTrigger
        aria-label={`Organization: ${organization.name}`}
        className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 transition-colors hover:bg-hover data-[state=open]:bg-hover"
      >
        {content}
        <ChevronsUpDown className="size-3.5 text-icon" aria-hidden />
      </MenuTrigger>
      <MenuContent align="start" className="w-56">
        <MenuLabel>Organizations</MenuLabel>
        {organizations.map(({ workos_id, name }) => {
          const current = workos_id === memberships?.organization.workos_id;
          return (
            <MenuItem
              key={workos_id}
              aria-current={current || undefined}
              onSelect={() => {
                if (!current) void moveTo(workos_id, name);
              }}
            >
              <span className="truncate">{name}</span>
              {current ? <Check className="ml-auto" aria-hidden /> : null}
            </MenuItem>
          );
        })}
      </MenuContent>
    </Menu>
  );
}

/** Loads the portal anew: environments and rows of one organization mean nothing in another. */
async function moveTo(workosId: string, name: string): Promise<void> {
  try {
    const { location } = await switchOrganization(workosId);
    window.location.assign(location);
  } catch (error) {
    toastError(`Could not switch to ${name}`, error);
  }
}
