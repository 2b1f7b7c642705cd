import type { Metadata } from "next";

import { EnginesView } from "@/components/engines/engines-view";

export const metadata: Metadata = { title: "Engines" };

export default function EnginesPage() {
  return <EnginesView />;
}
