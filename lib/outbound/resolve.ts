/**
 * Names to addresses, by DNS itself. The system's look-up (getaddrinfo) would hold one of the process's four threads for as long as the name's
 * server likes to take, and that server is a customer's; this one waits without a thread, and ends when the request ends. The hosts file of
 * the machine is not read.
 */
import { Resolver } from "node:dns/promises";

/** All addresses of a name, IPv4 first; none where it has none. Rejects with an error that has a code where DNS does not answer. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<string[]>;

const QUERY_TIMEOUT_MS = 2_000;
const TRIES = 3;
/** The name exists but has no address of this kind, or does not exist. */
const NOTHING = new Set(["ENODATA", "ENOTFOUND"]);

/** Asks these servers (`address:port`), or those of the machine. */
export function createResolve(servers?: readonly string[]): Resolve {
  return async (host, signal) => {
    const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: TRIES });
    if (servers) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      const addresses = found.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      const failure = found.find((answer) => answer.status === "rejected" && !NOTHING.has(answer.reason.code));
      if (addresses.length === 0 && failure?.status === "rejected") throw failure.reason;
      return addresses;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}
