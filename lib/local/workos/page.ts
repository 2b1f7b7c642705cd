/**
 * The pages of the local sign-in: who do you want to be? Plain HTML without a script; the style's nonce is the only exception in its policy.
 */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { WireMembership, WireUser } from "./directory.ts";
import type { WorkosStore } from "./store.ts";

const STYLE = `
:root { color-scheme: light dark; --ground: oklch(98.5% 0.002 265); --card: oklch(100% 0 0); --line: oklch(91% 0.006 265);
  --text: oklch(24% 0.014 265); --soft: oklch(48% 0.014 265); --hover: oklch(96.5% 0.006 265); --accent: oklch(50% 0.19 270); }
@media (prefers-color-scheme: dark) { :root { --ground: oklch(16% 0.01 265); --card: oklch(20% 0.011 265); --line: oklch(30% 0.013 265);
  --text: oklch(94% 0.006 265); --soft: oklch(72% 0.012 265); --hover: oklch(25% 0.013 265); --accent: oklch(74% 0.13 275); } }
* { box-sizing: border-box; margin: 0; }
body { min-height: 100vh; padding: 48px 16px; background: var(--ground); color: var(--text);
  font: 14px/20px Inter, ui-sans-serif, system-ui, sans-serif; }
main { max-width: 440px; margin: 0 auto; }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; letter-spacing: -0.01em; }
p { color: var(--soft); margin-top: 4px; }
h2 { font-size: 12px; line-height: 16px; font-weight: 600; color: var(--soft); margin: 24px 0 8px; }
ul { list-style: none; padding: 0; border: 1px solid var(--line); border-radius: 8px; background: var(--card); overflow: hidden; }
li + li { border-top: 1px solid var(--line); }
a { display: flex; justify-content: space-between; gap: 12px; padding: 10px 16px; color: inherit; text-decoration: none; }
a:hover { background: var(--hover); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.role { color: var(--soft); }
.notice { margin-top: 16px; padding: 10px 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--text); }
`;

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);

function sendPage(response: ServerResponse, title: string, body: string): void {
  const nonce = randomBytes(16).toString("base64");
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  });
  response.end(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body><main>${body}</main></body>
</html>
`);
}

/** A page with a headline and a sentence. */
export function sendMessagePage(response: ServerResponse, title: string, sentence: string): void {
  sendPage(response, title, `<h1>${escaped(title)}</h1><p>${escaped(sentence)}</p>`);
}

function choice(query: URLSearchParams, user: WireUser, membership: WireMembership | null): string {
  const target = new URLSearchParams(query);
  target.set("login_hint", user.email);
  if (membership) target.set("organization_id", membership.organization_id);
  else target.delete("organization_id");
  const role = membership ? membership.role.slug : "no organization";
  return `<li><a href="?${escaped(target.toString())}"><span>${escaped(user.email)}</span><span class="role">${escaped(role)}</span></a></li>`;
}

/** The page on which person and organization are chosen. Each choice is this same request with `login_hint` and `organization_id` filled in. */
export function sendChoicePage(
  response: ServerResponse,
  store: WorkosStore,
  query: URLSearchParams,
  notice?: string,
): void {
  const wanted = query.get("organization_id");
  const { organizations, users } = store.directory;
  const groups = organizations
    .filter((organization) => wanted === null || organization.id === wanted)
    .map((organization) => {
      const rows = users.flatMap((user) =>
        store
          .membershipsOf(user.id)
          .filter((membership) => membership.organization_id === organization.id)
          .map((membership) => choice(query, user, membership)),
      );
      return `<h2>${escaped(organization.name)}</h2><ul>${rows.join("")}</ul>`;
    });
  const alone = users.filter((user) => store.membershipsOf(user.id).length === 0);
  if (wanted === null && alone.length > 0) {
    groups.push(`<h2>Elsewhere</h2><ul>${alone.map((user) => choice(query, user, null)).join("")}</ul>`);
  }
  sendPage(
    response,
    "Local sign-in",
    `<h1>Sign in</h1>
<p>This page stands in for WorkOS on this machine: choose who to be, no password is asked. Set WORKOS_API_KEY and WORKOS_CLIENT_ID to use the real one.</p>
${notice === undefined ? "" : `<p class="notice" role="alert">${escaped(notice)}</p>`}
${groups.join("\n")}`,
  );
}
