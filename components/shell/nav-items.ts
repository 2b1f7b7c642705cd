/** The portal's pages, in the order of the sidebar, with what it takes to see each. A page appears here when it exists. */
import { ChartLine, CirclePlay, Cpu, Gauge, KeyRound, type LucideIcon, Settings, Webhook } from "lucide-react";

import type { AnyPermission } from "@/lib/auth/permissions";

export type NavItem = { path: `/${string}`; label: string; icon: LucideIcon; permission: AnyPermission };

const RUNS: NavItem = { path: "/runs", label: "Runs", icon: CirclePlay, permission: "runs:read" };

export const NAV_ITEMS: readonly NavItem[] = [
  RUNS,
  { path: "/engines", label: "Engines", icon: Cpu, permission: "engines:read" },
  { path: "/metrics", label: "Metrics", icon: ChartLine, permission: "runs:read" },
  { path: "/usage", label: "Usage", icon: Gauge, permission: "usage:read" },
  { path: "/webhooks", label: "Webhooks", icon: Webhook, permission: "webhooks:read" },
  { path: "/api-keys", label: "API keys", icon: KeyRound, permission: "api_keys:read" },
  { path: "/settings", label: "Settings", icon: Settings, permission: "environments:read" },
];

/** The first page that a person with these permissions may see. */
export function homeOf(permissions: readonly AnyPermission[]): NavItem {
  return NAV_ITEMS.find((item) => permissions.includes(item.permission)) ?? RUNS;
}
