/**
 * The one door to WorkOS AuthKit. Everything that talks to WorkOS takes its client from here: a bare `new WorkOS()` does not read WORKOS_API_HOSTNAME
 * and its like, and would talk to the real service where the local sign-in is meant.
 */
import { createHash } from "node:crypto";
import { getWorkOS as authkitClient } from "@workos-inc/authkit-nextjs";

export {
  authkit,
  getSignInUrl,
  handleAuth,
  handleAuthkitHeaders,
  refreshSession,
  withAuth,
} from "@workos-inc/authkit-nextjs";

type Client = ReturnType<typeof authkitClient>;
type Refresh = Client["userManagement"]["authenticateWithRefreshToken"];
type Refreshes = Map<string, ReturnType<Refresh>>;

const KEY = Symbol.for("nexio.workos-refreshes");
const slot = globalThis as { [KEY]?: Refreshes };
// As long as requests that set out with the old cookie may still arrive.
const SHARED_FOR_MS = 10_000;

// The SDK's own is a minute, and a page waits for it.
const TIMEOUT_MS = 8_000;

/**
 * Refresh tokens are single use, yet a page whose access token has expired sends several requests at once, each with the same cookie; all but
 * the first would be refused, and AuthKit would end the session (authkit-nextjs issue 28). So equal refreshes share one answer.
 */
function shareRefreshes(client: Client): void {
  const refresh: Refresh = client.userManagement.authenticateWithRefreshToken.bind(client.userManagement);
  const shared: Refreshes = (slot[KEY] ??= new Map());
  client.userManagement.authenticateWithRefreshToken = (options) => {
    const asked = JSON.stringify([options.refreshToken, options.organizationId ?? null]);
    const key = createHash("sha256").update(asked).digest("base64url");
    const running = shared.get(key);
    if (running) return running;
    const answer = refresh(options);
    shared.set(key, answer);
    const forget = () => shared.delete(key);
    answer.then(() => setTimeout(forget, SHARED_FOR_MS).unref(), forget);
    return answer;
  };
}

let client: Client | undefined;

/** AuthKit's WorkOS client, with refreshes shared. The first call must come before AuthKit's own use of it: proxy.ts makes it at its start. */
export function getWorkOS(): Client {
  if (!client) {
    client = authkitClient();
    shareRefreshes(client);
    const { options } = client.client as { options?: { timeout?: number } };
    if (options) options.timeout = TIMEOUT_MS;
  }
  return client;
}
