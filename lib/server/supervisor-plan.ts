/**
 * What `npm start` is going to start, decided from the configuration alone.
 *
 * Development (see lib/env.ts) without WORKOS_API_KEY brings everything along: embedded PostgreSQL, local sign-in, an encryption key.
 * Everything else is somebody's real installation, and starts only when all it needs is said.
 */
import { type Env, notDevelopment } from "../env.ts";

export type Role = "web" | "worker";

export type Plan = {
  roles: readonly Role[];
  /** Start the embedded PostgreSQL. */
  embeddedDatabase: boolean;
  /** Start the local sign-in. */
  localSignIn: boolean;
  /** Keep an encryption key in the data folder. */
  ownEncryptionKey: boolean;
  /** Ours alone for as long as it runs: not where several Nexios on one database are meant. */
  ownDataFolder: boolean;
};

/** Thrown when something compulsory is missing; the message names all of it. */
export class MissingConfiguration extends Error {
  readonly missing: readonly string[];
  constructor(missing: readonly string[], why: string) {
    super(`Nexio cannot start, because this is missing: ${missing.join(", ")}.\n${why}`);
    this.name = "MissingConfiguration";
    this.missing = missing;
  }
}

const PRODUCTION_NEEDS = [
  "WORKOS_API_KEY",
  "WORKOS_CLIENT_ID",
  "WORKOS_COOKIE_PASSWORD",
  "NEXIO_ENCRYPTION_KEY",
  "DATABASE_URL",
] as const;

// It is not passed over: where it is meant, listening on loopback instead would be an installation that nobody reaches.
const HOST_OF_THE_SHELL =
  "\nSome shells and tools (csh, conda) set HOST to names of their own. To start locally: HOST=127.0.0.1 npm start";

/** Decides what to start. Throws MissingConfiguration. */
export function planStart(env: Env): Plan {
  const roles: Role[] = env.NEXIO_ROLE === "all" ? ["web", "worker"] : [env.NEXIO_ROLE];
  const notLocal = notDevelopment(env);
  const local = notLocal === undefined && !env.WORKOS_API_KEY;

  if (!local) {
    const needs = PRODUCTION_NEEDS.filter((name) => roles.includes("web") || !name.startsWith("WORKOS_"));
    const missing = needs.filter((name) => !env[name]);
    if (missing.length > 0) {
      const why = notLocal ? `${notLocal}, so that nothing is brought along` : "WORKOS_API_KEY is set";
      throw new MissingConfiguration(
        missing,
        `A local sign-in, a database and keys of its own come only with a local start without WORKOS_API_KEY: ${why}.` +
          (notLocal?.startsWith("HOST ") ? HOST_OF_THE_SHELL : ""),
      );
    }
  } else if (env.NEXIO_ROLE !== "all" && !env.DATABASE_URL) {
    throw new MissingConfiguration(
      ["DATABASE_URL"],
      `NEXIO_ROLE=${env.NEXIO_ROLE} runs one role on a database that others use too.`,
    );
  }
  return {
    roles,
    embeddedDatabase: !env.DATABASE_URL,
    localSignIn: local && roles.includes("web"),
    ownEncryptionKey: !env.NEXIO_ENCRYPTION_KEY,
    ownDataFolder: env.NEXIO_ROLE === "all",
  };
}
