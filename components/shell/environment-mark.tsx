/** How an environment looks everywhere: live a solid dot; non-live amber, a flask and the word; All violet and layers. */
import { Circle, FlaskConical, Layers } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import type { EnvironmentChoice, EnvironmentKind } from "@/lib/environments/environment-param";

type Kind = EnvironmentChoice["kind"];

/** Box colours of a control or an option that stands for an environment. */
export const ENVIRONMENT_TONE: Record<Kind, string> = {
  live: "border-line-strong bg-canvas text-ink hover:bg-hover data-[state=open]:bg-hover",
  environment: "border-warning-solid bg-warning-tint text-warning-text",
  test: "border-warning-solid bg-warning-tint text-warning-text",
  all: "border-violet-solid bg-violet-tint text-violet-text",
};

/** The icon of a kind of environment. */
export function EnvironmentIcon({ kind, className }: { kind: Kind; className?: string }) {
  if (kind === "live")
    return <Circle className={cn("size-2! fill-success-solid stroke-none", className)} aria-hidden />;
  const Icon = kind === "all" ? Layers : FlaskConical;
  return <Icon className={cn("size-3.5!", className)} aria-hidden />;
}

/** `Live`, `All`, or the slug. */
export function environmentName(slug: string, kind: Kind): string {
  if (kind === "live") return "Live";
  return kind === "all" ? "All" : slug;
}

/** The words that say what colour alone must not: `non-live`, `non-live, legacy`, `read-only`. */
export function environmentWords(kind: Kind): string {
  return { live: "", environment: "non-live", test: "non-live, legacy", all: "read-only" }[kind];
}

/** A small label for tables and headers. */
export function EnvironmentBadge({ slug, kind }: { slug: string; kind: EnvironmentKind }) {
  return (
    <Badge tone={kind === "live" ? "neutral" : "warning"} title={environmentWords(kind) || "live"}>
      <EnvironmentIcon kind={kind} />
      <span className="truncate">{environmentName(slug, kind)}</span>
      {kind === "test" ? <span className="font-normal">legacy</span> : null}
      {kind === "environment" ? <span className="sr-only">non-live</span> : null}
    </Badge>
  );
}
