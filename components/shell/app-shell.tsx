/** The frame of the portal: sidebar, top bar, page. */
"use client";

import { Menu as MenuIcon, Search } from "lucide-react";
import { type ReactNode, useState } from "react";

import { BulkOperationsBar } from "@/components/bulk-operations/bulk-operations-bar";
import { CommandPalette } from "@/components/shell/command-palette";
import { EnvironmentLine, EnvironmentNotice } from "@/components/shell/environment-notice";
import { EnvironmentSwitcher } from "@/components/shell/environment-switcher";
import { NavLinks } from "@/components/shell/nav-links";
import { OrganizationMenu } from "@/components/shell/organization-menu";
import { ShellActionsProvider, useShellActions } from "@/components/shell/shell-actions";
import type { Theme } from "@/components/shell/theme";
import { ThemeMenu } from "@/components/shell/theme-menu";
import { UserMenu } from "@/components/shell/user-menu";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";
import { Sheet, SheetContent, SheetTrigger } from "@/components/ui/sheet";

/** Lays out one page of the portal. `theme` is what the cookie says. */
export function AppShell({ theme, children }: { theme: Theme; children: ReactNode }) {
  return (
    <ShellActionsProvider>
      <a
        href="#main"
        className="sr-only z-60 rounded-md bg-accent px-3 py-2 text-sm font-medium text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <EnvironmentLine />
      <div className="flex flex-1">
        <aside
          aria-label="Sidebar"
          className="sticky top-0 flex h-dvh w-56 shrink-0 flex-col gap-2 border-r bg-sunken pt-1.5 max-md:hidden"
        >
          <div className="px-2">
            <OrganizationMenu />
          </div>
          <NavLinks />
        </aside>
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar theme={theme} />
          <main id="main" tabIndex={-1} className="min-w-0 flex-1 px-6 pt-5 pb-10 outline-none max-sm:px-4">
            <EnvironmentNotice />
            {children}
          </main>
        </div>
      </div>
      <BulkOperationsBar />
      <CommandPalette />
    </ShellActionsProvider>
  );
}

function TopBar({ theme }: { theme: Theme }) {
  const { setPaletteOpen } = useShellActions();
  return (
    <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b bg-canvas px-6 max-sm:px-3">
      <NavSheet />
      <div className="flex min-w-0 flex-1 items-center gap-2.5">
        <span className="text-sm text-muted max-lg:hidden" aria-hidden>
          Environment
        </span>
        <EnvironmentSwitcher />
      </div>
      <button
        type="button"
        onClick={() => setPaletteOpen(true)}
        aria-keyshortcuts="Meta+K Control+K"
        className="flex h-8 w-60 items-center gap-2 rounded-md border border-line bg-sunken pr-1.5 pl-2.5 text-sm text-muted transition-colors hover:border-line-strong max-lg:w-auto"
      >
        <Search className="size-4" aria-hidden />
        <span className="flex-1 text-left max-lg:sr-only">Search or jump…</span>
        <span aria-hidden className="flex items-center gap-0.5 max-lg:hidden">
          <Kbd>⌘</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <ThemeMenu initial={theme} />
      <UserMenu />
    </header>
  );
}

function NavSheet() {
  const [open, setOpen] = useState(false);
  return (
    <Sheet open={open} onOpenChange={setOpen}>
      <SheetTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Open navigation" className="-ml-1.5 md:hidden">
          <MenuIcon aria-hidden />
        </Button>
      </SheetTrigger>
      <SheetContent edge="left" title="Navigation" bare>
        <div className="flex flex-col gap-2 pt-1.5">
          <div className="px-2">
            <OrganizationMenu />
          </div>
          <NavLinks onNavigate={() => setOpen(false)} />
        </div>
      </SheetContent>
    </Sheet>
  );
}
