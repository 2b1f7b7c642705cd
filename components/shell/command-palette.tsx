/** Search or jump: every page, every environment, a run by its id, and the frame's actions, from the keyboard. */
"use client";

import { Command } from "cmdk";
import { ArrowRight, CirclePlay, Contrast, LogOut, Plus, Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { Dialog as Primitive } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";

import { EnvironmentIcon, environmentName, environmentWords } from "@/components/shell/environment-mark";
import { NAV_ITEMS } from "@/components/shell/nav-items";
import { useShellActions } from "@/components/shell/shell-actions";
import { setTheme, THEMES } from "@/components/shell/theme";
import { useEnvironment, usePermissionRefusal, useRefusal } from "@/components/shell/use-environment";
import { signOut } from "@/components/shell/user-menu";
import { RUN_ID } from "@/components/runs/run-id";

/** Opens with ⌘K or Ctrl+K anywhere in the portal. */
export function CommandPalette() {
  const { paletteOpen, setPaletteOpen } = useShellActions();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey) return;
      event.preventDefault();
      setPaletteOpen(true);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [setPaletteOpen]);
  return (
    <Primitive.Root open={paletteOpen} onOpenChange={setPaletteOpen}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-scrim data-[state=open]:animate-fade-in" />
        <Primitive.Content
          aria-describedby={undefined}
          className="floating fixed top-[14vh] left-1/2 z-50 w-[calc(100%-32px)] max-w-md -translate-x-1/2 overflow-hidden rounded-lg outline-none data-[state=open]:animate-pop-in"
        >
          <Primitive.Title className="sr-only">Search or jump</Primitive.Title>
          <PaletteBody close={() => setPaletteOpen(false)} />
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

function PaletteBody({ close }: { close: () => void }) {
  const [search, setSearch] = useState("");
  const run = (action: () => void) => () => {
    close();
    action();
  };
  return (
    <Command label="Search or jump" loop>
      <div className="flex items-center gap-2 border-b px-3">
        <Search className="size-4 text-icon" aria-hidden />
        <Command.Input
          value={search}
          onValueChange={setSearch}
          placeholder="Page, environment, run id…"
          className="h-11 min-w-0 flex-1 bg-transparent text-sm outline-none max-sm:text-lg"
        />
      </div>
      <Command.List className="max-h-[50vh] overflow-y-auto p-1 **:[[cmdk-group-heading]]:px-2 **:[[cmdk-group-heading]]:pt-2 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:font-medium **:[[cmdk-group-heading]]:text-muted">
        <Command.Empty className="px-2 py-6 text-center text-sm text-muted">Nothing matches</Command.Empty>
        <RunItem search={search} run={run} />
        <Pages run={run} />
        <Environments run={run} />
        <Actions run={run} />
      </Command.List>
    </Command>
  );
}

type Run = (action: () => void) => () => void;

function Item({
  value,
  onSelect,
  children,
  ...rest
}: {
  value: string;
  onSelect: () => void;
  children: ReactNode;
  forceMount?: boolean;
}) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 cursor-default items-center gap-2.5 rounded-sm px-2 text-sm data-[selected=true]:bg-selected [&_svg]:size-4 [&_svg]:text-icon"
      {...rest}
    >
      {children}
    </Command.Item>
  );
}

function RunItem({ search, run }: { search: string; run: Run }) {
  const router = useRouter();
  const { href } = useEnvironment();
  const id = search.trim().toLowerCase();
  if (!RUN_ID.test(id)) return null;
  return (
    <Command.Group heading="Run" forceMount>
      <Item value={id} forceMount onSelect={run(() => router.push(href(`/runs/${id}`)))}>
        <CirclePlay aria-hidden />
        Open run <span className="truncate font-mono text-xs">{id}</span>
      </Item>
    </Command.Group>
  );
}

function Pages({ run }: { run: Run }) {
  const router = useRouter();
  const { href } = useEnvironment();
  return (
    <Command.Group heading="Go to">
      {NAV_ITEMS.map(({ path, label, icon: Icon }) => (
        <Item key={path} value={`Go to ${label}`} onSelect={run(() => router.push(href(path)))}>
          <Icon aria-hidden />
          {label}
        </Item>
      ))}
    </Command.Group>
  );
}

function Environments({ run }: { run: Run }) {
  const { environments, select, slug: current } = useEnvironment();
  const choices = [
    { slug: "live", kind: "live" as const },
    ...environments.filter((environment) => environment.kind !== "live"),
    { slug: "all", kind: "all" as const },
  ];
  return (
    <Command.Group heading="Environment">
      {choices.map(({ slug, kind }) => (
        <Item key={slug} value={`Environment ${slug} ${environmentWords(kind)}`} onSelect={run(() => select(slug))}>
          <span className="flex w-4 justify-center">
            <EnvironmentIcon kind={kind} />
          </span>
          {environmentName(slug, kind)}
          <span className="ml-auto text-xs text-muted">{slug === current ? "shown now" : environmentWords(kind)}</span>
        </Item>
      ))}
    </Command.Group>
  );
}

function Actions({ run }: { run: Run }) {
  const { setCreatingEnvironment } = useShellActions();
  const router = useRouter();
  const { href } = useEnvironment();
  const refusal = usePermissionRefusal("api_keys:manage");
  const mayRun = useRefusal("runs:write") === undefined;
  return (
    <Command.Group heading="Actions">
      {mayRun ? (
        <Item value="New run" onSelect={run(() => router.push(href("/runs/new")))}>
          <CirclePlay aria-hidden />
          New run
        </Item>
      ) : null}
      {refusal ? null : (
        <Item value="Create environment" onSelect={run(() => setCreatingEnvironment(true))}>
          <Plus aria-hidden />
          Create environment
        </Item>
      )}
      {THEMES.map((theme) => (
        <Item key={theme} value={`Theme ${theme}`} onSelect={run(() => setTheme(theme))}>
          <Contrast aria-hidden />
          Use the {theme} theme
        </Item>
      ))}
      <Item value="Sign out" onSelect={run(signOut)}>
        <LogOut aria-hidden />
        Sign out
        <ArrowRight className="ml-auto" aria-hidden />
      </Item>
    </Command.Group>
  );
}
