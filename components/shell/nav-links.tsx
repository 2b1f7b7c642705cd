/** The links of the sidebar and of its sheet; each keeps the environment. */
"use client";

import Link, { useLinkStatus } from "next/link";
import { usePathname } from "next/navigation";

import { NAV_ITEMS } from "@/components/shell/nav-items";
import { useEnvironment } from "@/components/shell/use-environment";
import { cn } from "@/components/ui/cn";

/** `onNavigate` closes the sheet. */
export function NavLinks({ onNavigate }: { onNavigate?: () => void }) {
  const pathname = usePathname();
  const { href } = useEnvironment();
  return (
    <nav aria-label="Main" className="px-2">
      <ul className="flex flex-col gap-0.5">
        {NAV_ITEMS.map(({ path, label, icon: Icon }) => {
          const active = pathname === path || pathname.startsWith(`${path}/`);
          return (
            <li key={path}>
              <Link
                href={href(path)}
                {...(onNavigate ? { onClick: onNavigate } : {})}
                aria-current={active ? "page" : undefined}
                className={cn(
                  "relative isolate flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium transition-colors",
                  active ? "bg-selected text-ink" : "text-soft hover:bg-hover hover:text-ink",
                )}
              >
                <PendingMark />
                <Icon className={cn("size-4", active ? "text-ink" : "text-icon")} aria-hidden />
                {label}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** Marks a link whose page is on its way, so that a press is answered at once. */
function PendingMark() {
  const { pending } = useLinkStatus();
  return pending ? <span aria-hidden className="absolute inset-0 -z-10 rounded-md bg-selected" /> : null;
}
