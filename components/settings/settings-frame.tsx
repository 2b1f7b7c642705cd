/** What stands above every page of the settings: the title and the tabs, which are links that keep the environment. */
"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

import { SETTINGS_PAGES } from "@/components/settings/settings-pages";
import { PageHeader } from "@/components/shell/page-header";
import { useEnvironment } from "@/components/shell/use-environment";
import { cn } from "@/components/ui/cn";

/** Puts the page (`children`) below. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  return (
    <>
      <PageHeader title="Settings" />
      <SettingsTabs />
      {children}
    </>
  );
}

function SettingsTabs() {
  const { href } = useEnvironment();
  const pathname = usePathname();
  return (
    <nav aria-label="Settings" className="-mt-2 mb-5 flex gap-4 overflow-x-auto border-b">
      {SETTINGS_PAGES.map(({ path, label }) => {
        const open = pathname === path || pathname.startsWith(`${path}/`);
        return (
          <Link
            key={path}
            href={href(path)}
            aria-current={open ? "page" : undefined}
            className={cn(
              "-mb-px flex h-9 items-center border-b-2 px-0.5 text-sm font-medium whitespace-nowrap transition-colors focus-visible:-outline-offset-2",
              open ? "border-ink text-ink" : "border-transparent text-muted hover:text-ink",
            )}
          >
            {label}
          </Link>
        );
      })}
    </nav>
  );
}
