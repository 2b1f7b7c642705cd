/** The Environment dropdown at the top of every page: Live, own environments, All, and a way to make one. */
"use client";

import { ChevronDown, Plus } from "lucide-react";

import {
  ENVIRONMENT_TONE,
  EnvironmentIcon,
  environmentName,
  environmentWords,
} from "@/components/shell/environment-mark";
import { cn } from "@/components/ui/cn";
import {
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
  MenuTrigger,
} from "@/components/ui/menu";
import type { EnvironmentChoice, EnvironmentKind } from "@/lib/environments/environment-param";

type EnvironmentMenuProps = {
  current: EnvironmentChoice;
  environments: readonly { slug: string; kind: EnvironmentKind }[];
  onSelect: (slug: string) => void;
  onCreate: () => void;
  /** Why the person may not create one. */
  createRefusal: string | undefined;
  /** `2 of 5 used`. */
  usage: string | undefined;
};

/** The closed control is tinted like the environment it names. */
export function EnvironmentMenu({
  current,
  environments,
  onSelect,
  onCreate,
  createRefusal,
  usage,
}: EnvironmentMenuProps) {
  const name = environmentName(current.slug, current.kind);
  const words = environmentWords(current.kind);
  return (
    <Menu modal={false}>
      <MenuTrigger
        data-environment={current.slug}
        aria-label={`Environment: ${name}${words ? ` ${words}` : ""}`}
        className={cn(
          "flex h-8 max-w-full min-w-0 items-center gap-2 rounded-md border px-2.5 text-sm font-medium transition-colors",
          ENVIRONMENT_TONE[current.kind],
        )}
      >
        <EnvironmentIcon kind={current.kind} className="shrink-0" />
        <span className={cn("truncate", isOwn(current.kind) && "font-mono")}>{name}</span>{" "}
        {words ? <span className="font-normal whitespace-nowrap max-[380px]:sr-only">{words}</span> : null}
        <ChevronDown className="size-3.5 shrink-0 opacity-70" aria-hidden />
      </MenuTrigger>
      <MenuContent align="start" className="w-72">
        <MenuLabel>Environment</MenuLabel>
        <MenuRadioGroup value={current.slug} onValueChange={onSelect}>
          <Choice slug="live" kind="live" />
          {environments
            .filter((environment) => environment.kind !== "live")
            .map((environment) => (
              <Choice key={environment.slug} {...environment} />
            ))}
          <MenuSeparator />
          <Choice slug="all" kind="all" />
        </MenuRadioGroup>
        <MenuSeparator />
        <CreateItem onCreate={onCreate} refusal={createRefusal} usage={usage} />
      </MenuContent>
    </Menu>
  );
}

function isOwn(kind: EnvironmentChoice["kind"]): boolean {
  return kind === "environment" || kind === "test";
}

const CHOICE_TONE = {
  live: "",
  environment: "bg-warning-tint text-warning-text data-highlighted:bg-warning-line/45",
  test: "bg-warning-tint text-warning-text data-highlighted:bg-warning-line/45",
  all: "bg-violet-tint text-violet-text data-highlighted:bg-violet-line/45",
} as const;

function Choice({ slug, kind }: { slug: string; kind: EnvironmentChoice["kind"] }) {
  const words = kind === "live" ? "production" : environmentWords(kind);
  return (
    <MenuRadioItem
      value={slug}
      textValue={slug}
      className={cn(
        "mb-0.5 data-highlighted:outline-2 data-highlighted:-outline-offset-2 data-highlighted:outline-focus",
        CHOICE_TONE[kind],
      )}
    >
      <span className="flex w-4 justify-center">
        <EnvironmentIcon kind={kind} />
      </span>
      <span className={cn("font-medium", isOwn(kind) && "font-mono")}>{environmentName(slug, kind)}</span>
      <span className={cn("ml-auto text-xs", kind === "live" && "text-muted")}>{words}</span>
    </MenuRadioItem>
  );
}

// A refused item stays focusable, so that its reason can be reached by keyboard.
function CreateItem({
  onCreate,
  refusal,
  usage,
}: {
  onCreate: () => void;
  refusal: string | undefined;
  usage: string | undefined;
}) {
  return (
    <MenuItem
      aria-disabled={refusal ? true : undefined}
      onSelect={(event) => {
        if (refusal) event.preventDefault();
        else onCreate();
      }}
      className={cn(refusal && "items-start text-muted")}
    >
      <Plus aria-hidden className={cn(refusal && "mt-0.5")} />
      <span className="min-w-0">
        Create environment
        {refusal ? <span className="block text-xs">{refusal}</span> : null}
      </span>
      {usage && !refusal ? <span className="ml-auto text-xs text-muted">{usage}</span> : null}
    </MenuItem>
  );
}
