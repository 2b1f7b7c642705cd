/**
 * The security headers of every answer, and the content security policy of every page.
 */

/** What one request's policy depends on. `workosOrigin` is where sign-in and logout forms end up. */
export type PolicyOptions = { nonce: string; workosOrigin: string; https: boolean; developmentServer: boolean };

/**
 * A strict policy: scripts only with this request's nonce and what they load, styles by nonce or from here, nothing framed, nothing from
 * elsewhere. Style *attributes* are allowed: React renders widths and transforms into them, and they cannot run anything.
 */
export function contentSecurityPolicy({ nonce, workosOrigin, https, developmentServer }: PolicyOptions): string {
  const directives: Record<string, string> = {
    "default-src": "'self'",
    // Next's development server evaluates source maps and injects styles of its error overlay.
    "script-src": `'self' 'nonce-${nonce}' 'strict-dynamic'${developmentServer ? " 'unsafe-eval'" : ""}`,
    "style-src": developmentServer ? "'self' 'unsafe-inline'" : `'self' 'nonce-${nonce}'`,
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    // form-action also holds for the redirects of a form: logout and switching organizations lead to WorkOS and back
    "form-action": `'self' ${workosOrigin}`,
    "frame-ancestors": "'none'",
    "frame-src": "'none'",
  };
  const policy = Object.entries(directives).map(([name, value]) => `${name} ${value}`);
  if (https) policy.push("upgrade-insecure-requests");
  return policy.join("; ");
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // not `no-referrer`: with it browsers send `Origin: null` for our own forms, and the origin check would refuse them
  "referrer-policy": "same-origin",
  "permissions-policy":
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "x-permitted-cross-domain-policies": "none",
};

// Two years with subdomains left out: other hosts of the operator's domain are not ours to decide about.
export const HSTS = "max-age=63072000";

/** The headers that every answer carries but those of the two hot calls (lib/server/hot-routes.ts) and of what is no HTTP at all. */
export function securityHeaders(https: boolean): Record<string, string> {
  return https ? { ...SECURITY_HEADERS, "strict-transport-security": HSTS } : { ...SECURITY_HEADERS };
}
