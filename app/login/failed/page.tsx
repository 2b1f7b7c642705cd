/** A sign-in that did not succeed: why, as far as it can be told, and the way to try again. */
import { LogIn } from "lucide-react";
import type { Metadata } from "next";

import { PublicFrame } from "@/components/shell/public-frame";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";

export const metadata: Metadata = { title: "Sign-in failed" };

const REASONS: Record<string, string> = {
  access_denied: "You are not a member of the organization that you asked for. One of its owners can invite you.",
  expired: "The sign-in took longer than ten minutes, was finished already, or was begun in another browser.",
};

const OTHERWISE = "The sign-in service did not confirm who you are.";

export default async function SignInFailedPage({
  searchParams,
}: {
  searchParams: Promise<{ reason?: string | string[] }>;
}) {
  const { reason } = await searchParams;
  return (
    <PublicFrame>
      <StateView
        heading="h1"
        icon={LogIn}
        title="You are not signed in"
        actions={
          // oxlint-disable-next-line nextjs/no-html-link-for-pages -- the sign-in leaves the portal, and must not be prefetched
          <a href="/login" className={buttonStyles({ variant: "primary" })}>
            Sign in
          </a>
        }
      >
        <p>{(typeof reason === "string" && REASONS[reason]) || OTHERWISE}</p>
      </StateView>
    </PublicFrame>
  );
}
