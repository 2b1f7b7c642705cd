/** An address that leads nowhere. */
import { SearchX } from "lucide-react";
import Link from "next/link";

import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";

/** One sentence and the way back. */
export function NotFoundView() {
  return (
    <StateView
      heading="h1"
      icon={SearchX}
      title="There is no such page"
      actions={
        <Link href="/runs" className={buttonStyles({ variant: "primary" })}>
          Go to runs
        </Link>
      }
    >
      The address may be mistyped, or the page may have moved.
    </StateView>
  );
}
