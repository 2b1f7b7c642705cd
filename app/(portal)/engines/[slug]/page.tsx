import type { Metadata } from "next";

import { EngineEditor } from "@/components/engines/engine-editor";

export const metadata: Metadata = { title: "Editor" };

export default function EnginePage() {
  return <EngineEditor />;
}
