/** A sign-in that did not succeed: why, as far as it can be told, and the way to try again. */
import { LogIn } from "lucide-react";
import type { Metadata } from "next";

import { PublicFrame } from "@/components/shell/public-frame";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";
import { loginHref, safeReturnTo } from "@/lib/auth/origin";

export const metadata: Metadata = { title: "Sign-in failed" };

type Failure = { title: string; sentence: string; action: string };

const OTHERWISE: Failure = {
  title: "You are not signed in",
  sentence: "The sign-in service did not confirm who you are.",
  action: "Sign in",
};

const FAILURES: Record<string, Failure> = {
  access_denied: {
    ...OTHERWISE,
    sentence: "You are not a member of the organization that you asked for. One of its owners can invite you.",
  },
  expired: {
    ...OTHERWISE,
    sentence: "The sign-in took longer than ten minutes, was finished already, or was begun in another browser.",
  },
  unavailable: {
    title: "The sign-in service cannot be reached",
    sentence: "Your session is kept. The page opens again as soon as the service answers.",
    action: "Try again",
  },
};

type Query = { reason?: string | string[]; return_to?: string | string[] };

export default async function SignInFailedPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { reason, return_to: returnTo } = await searchParams;
  const known = typeof reason === "string" && Object.hasOwn(FAILURES, reason);
  const { title, sentence, action } = (known && FAILURES[reason]) || OTHERWISE;
  const path = typeof returnTo === "string" ? returnTo : undefined;
  return (
    <PublicFrame>
      <StateView
        icon={LogIn}
        title={title}
        actions={
          // A plain link: the sign-in leaves the portal, and must not be prefetched.
          <a
            href={reason === "unavailable" ? (safeReturnTo(path) ?? "/") : loginHref(path)}
            className={buttonStyles({ variant: "primary" })}
          >
            {action}
          </a>
        }
      >
        <p>{sentence}</p>
      </StateView>
    </PublicFrame>
  );
}
