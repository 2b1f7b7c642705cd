/** Signs in through the local sign-in as a browser would: follows the redirects and keeps the cookies. */
import { CommandFailure } from "./failure.ts";

const SESSION_COOKIE = "wos-session";
const MAX_REDIRECTS = 10;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Cookies of loopback hosts; ports do not part them, names of hosts do. */
class CookieJar {
  readonly #cookies = new Map<string, Map<string, string>>();

  keep(host: string, setCookies: readonly string[]): void {
    const own = this.#cookies.get(host) ?? new Map<string, string>();
    for (const line of setCookies) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("="));
      if (attributes.some((attribute) => /^max-age=(0|-\d+)$/i.test(attribute))) own.delete(name);
      else own.set(name, pair.slice(name.length + 1));
    }
    this.#cookies.set(host, own);
  }

  header(host: string): string {
    return [...(this.#cookies.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  get(host: string, name: string): string | undefined {
    return this.#cookies.get(host)?.get(name);
  }
}

/**
 * The session cookie's value for a person of the local sign-in. Throws where the portal signs in elsewhere (WorkOS is real there): the
 * cookie then has to be given.
 */
export async function signInLocally(portal: string, email: string): Promise<string> {
  const jar = new CookieJar();
  const home = new URL(portal).hostname;
  let url = new URL(`/login?${new URLSearchParams({ login_hint: email })}`, portal);
  for (let step = 0; step < MAX_REDIRECTS; step++) {
    const response = await get(url, jar);
    jar.keep(url.hostname, response.headers.getSetCookie());
    await response.body?.cancel();
    const session = jar.get(home, SESSION_COOKIE);
    if (session) return session;
    const location = response.headers.get("location");
    if (location === null) {
      throw new CommandFailure(`Signing in as ${email} ended at ${url.origin}${url.pathname} with ${response.status}`);
    }
    url = new URL(location, url);
    if (!LOOPBACK.has(url.hostname) && url.hostname !== home) {
      throw new CommandFailure(
        `This portal signs in at ${url.origin}. Sign in there with a browser and set WOS_SESSION to the value of the cookie ${SESSION_COOKIE}, or set NEXIO_LIVE_KEY`,
      );
    }
  }
  throw new CommandFailure(`Signing in as ${email} goes round in circles`);
}

async function get(url: URL, jar: CookieJar): Promise<Response> {
  const cookie = jar.header(url.hostname);
  try {
    return await fetch(url, { redirect: "manual", headers: { accept: "text/html", ...(cookie ? { cookie } : {}) } });
  } catch (error) {
    const { cause } = error as Error;
    const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(error);
    throw new CommandFailure(`${url.origin} cannot be reached (${reason}). Is Nexio running? Start it with npm start`);
  }
}
