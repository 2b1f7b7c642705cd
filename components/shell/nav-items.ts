/** The portal's pages, in the order of the sidebar. A page appears here when it exists. */
import { ChartLine, CirclePlay, Cpu, Gauge, KeyRound, type LucideIcon, Webhook } from "lucide-react";

export type NavItem = { path: `/${string}`; label: string; icon: LucideIcon };

export const NAV_ITEMS: readonly NavItem[] = [
  { path: "/runs", label: "Runs", icon: CirclePlay },
  { path: "/engines", label: "Engines", icon: Cpu },
  { path: "/metrics", label: "Metrics", icon: ChartLine },
  { path: "/usage", label: "Usage", icon: Gauge },
  { path: "/webhooks", label: "Webhooks", icon: Webhook },
  { path: "/api-keys", label: "API keys", icon: KeyRound },
];
