import type { Metadata } from "next";

import { NotFoundView } from "@/components/shell/not-found-view";
import { PublicFrame } from "@/components/shell/public-frame";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <PublicFrame>
      <NotFoundView />
    </PublicFrame>
  );
}
