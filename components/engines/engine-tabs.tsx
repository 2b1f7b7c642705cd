/** The tabs of an engine: links, because each is an address of its own. */
"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

import { useEnvironment } from "@/components/shell/use-environment";
import { cn } from "@/components/ui/cn";

const TABS = [
  { path: "", label: "Editor" },
  { path: "/versions", label: "Versions" },
  { path: "/settings", label: "Settings" },
] as const;

/** Keeps the environment in every link. */
export function EngineTabs({ slug }: { slug: string }) {
  const { href } = useEnvironment();
  const pathname = usePathname();
  const base = `/engines/${slug}`;
  const open = TABS.findLast(({ path }) => pathname === base + path || pathname.startsWith(`${base + path}/`));
  return (
    <nav aria-label="Engine" className="mt-1 mb-4 flex gap-4 overflow-x-auto border-b">
      {TABS.map((tab) => (
        <Link
          key={tab.path}
          href={href(base + tab.path)}
          aria-current={tab === open ? "page" : undefined}
          className={cn(
            "-mb-px flex h-9 items-center border-b-2 px-0.5 text-sm font-medium whitespace-nowrap transition-colors focus-visible:-outline-offset-2",
            tab === open ? "border-ink text-ink" : "border-transparent text-muted hover:text-ink",
          )}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
