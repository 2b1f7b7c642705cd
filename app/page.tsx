import { redirect } from "next/navigation";

import { homeOf } from "@/components/shell/nav-items";
import { requirePageSession } from "@/lib/auth/session";

/** The portal begins with the first page that the person may see: runs, for all but finance. */
export default async function HomePage() {
  const { scope } = await requirePageSession();
  redirect(homeOf([...scope.permissions]).path);
}
