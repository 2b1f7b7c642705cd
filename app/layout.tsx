/** The document: theme from the cookie, fonts, providers, and the notice of the local sign-in on every page. */
import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";

import { inter, interExtended, jetbrainsMono } from "@/app/fonts";
import "@/app/globals.css";
import { LocalSignInNotice } from "@/components/shell/local-sign-in-notice";
import { PageReady } from "@/components/shell/page-ready";
import { Providers } from "@/components/shell/providers";
import { THEME_COOKIE, themeOf } from "@/components/shell/theme";
import { NONCE_HEADER } from "@/lib/auth/request-context";
import { env } from "@/lib/env";

export const metadata: Metadata = {
  title: { template: "%s · Nexio", default: "Nexio" },
  icons: { icon: "/icon.svg" },
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#ffffff" },
    { media: "(prefers-color-scheme: dark)", color: "#101217" },
  ],
};

/** The server's clock at this render; the browser's first render uses the same. */
function renderTimeMs(): number {
  return Date.now();
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  const nonce = (await headers()).get(NONCE_HEADER) ?? undefined;
  const fonts = `${inter.variable} ${interExtended.variable} ${jetbrainsMono.variable}`;
  return (
    <html lang="en" className={fonts} data-loading="" data-theme={theme === "system" ? undefined : theme}>
      <body className="flex min-h-dvh flex-col font-sans">
        <Providers nonce={nonce} renderedAtMs={renderTimeMs()}>
          {children}
          <PageReady />
        </Providers>
        {env.NEXIO_LOCAL_SIGN_IN === "on" ? <LocalSignInNotice /> : null}
      </body>
    </html>
  );
}
