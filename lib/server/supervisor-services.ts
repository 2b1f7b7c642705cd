/**
 * What a local start brings along: the data folder with its secrets, the embedded PostgreSQL and the local sign-in. What it yields is the
 * environment of web and worker, the same variables that a real installation is given from outside.
 */
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { type Env, platformUrl } from "../env.ts";
import { dataFolderPath } from "../local/data-folder-place.ts";
import { folderSecret, lockDataFolder, type DataFolder } from "../local/data-folder.ts";
import { keepPostgres, type KeptPostgres } from "../local/postgres-keeper.ts";
import { startWorkosStandIn, type RunningStandIn } from "../local/workos/stand-in.ts";
import { endLeftovers } from "./supervisor-leftovers.ts";
import type { Plan } from "./supervisor-plan.ts";

// Web and worker drain for ten seconds after a killed supervisor; the database outlives them a little.
const ORPHAN_GRACE_MS = 12_000;

export type Services = {
  readonly folder: DataFolder | undefined;
  readonly folderPath: string;
  /** Variables for web and worker. */
  readonly environment: Record<string, string>;
  readonly databaseUrl: string;
  readonly port: number;
  /** Ends what was started, the database last. */
  close(): Promise<void>;
};

/** Starts what the plan says, in order; what fails half-way is closed again. */
export async function startServices(env: Env, plan: Plan, say: (line: string) => void): Promise<Services> {
  const folderPath = dataFolderPath(env.NEXIO_DATA_DIR);
  const brings = plan.embeddedDatabase || plan.localSignIn || plan.ownEncryptionKey;
  const folder = plan.ownDataFolder && brings ? await lockDataFolder(folderPath, say) : undefined;
  let postgres: KeptPostgres | undefined;
  let standIn: RunningStandIn | undefined;
  const close = async () => {
    await standIn?.close();
    await postgres?.stop();
    folder?.release();
  };
  try {
    await endLeftovers(folder?.leftBehind);
    folder?.describe({ pid: process.pid, startedAt: new Date().toISOString(), children: [] });
    const port = await webPort(env, plan);
    if (plan.embeddedDatabase) {
      postgres = await keepPostgres({
        dataDir: folderPath,
        folder: folder!,
        orphanGraceMs: ORPHAN_GRACE_MS,
        notice: say,
        ...(env.NEXIO_POSTGRES_PORT > 0 ? { port: env.NEXIO_POSTGRES_PORT } : {}),
      });
    }
    if (plan.localSignIn) {
      // Several web processes on one folder each have a local sign-in of their own.
      const stateDir = join(folderPath, folder ? "workos" : `workos-${port}`);
      standIn = await startWorkosStandIn({ port: env.NEXIO_WORKOS_PORT, stateDir });
    }
    const databaseUrl = postgres?.url ?? env.DATABASE_URL!;
    const environment = {
      DATABASE_URL: databaseUrl,
      NEXIO_DATA_DIR: folderPath,
      NEXIO_ENCRYPTION_KEY: env.NEXIO_ENCRYPTION_KEY ?? encryptionKey(folderPath),
      ...signInVariables(env, standIn),
      PORT: String(port),
      NEXT_PUBLIC_WORKOS_REDIRECT_URI: `${platformUrl({ ...env, PORT: port })}/callback`,
    };
    return { folder, folderPath, environment, databaseUrl, port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function encryptionKey(folderPath: string): string {
  return Buffer.from(folderSecret(folderPath, "encryption-key", 32), "base64url").toString("base64");
}

function signInVariables(env: Env, standIn: RunningStandIn | undefined): Record<string, string> {
  if (!standIn) return { NEXIO_LOCAL_SIGN_IN: "off" };
  return {
    NEXIO_LOCAL_SIGN_IN: "on",
    WORKOS_API_KEY: standIn.apiKey,
    WORKOS_CLIENT_ID: standIn.clientId,
    WORKOS_COOKIE_PASSWORD: env.WORKOS_COOKIE_PASSWORD ?? standIn.cookiePassword,
    WORKOS_API_HOSTNAME: "127.0.0.1",
    WORKOS_API_PORT: String(standIn.port),
    WORKOS_API_HTTPS: "false",
  };
}

// Tried before anything slow is done; 0 asks for any free port.
async function webPort(env: Env, plan: Plan): Promise<number> {
  if (!plan.roles.includes("web")) return env.PORT;
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(env.PORT, env.HOST, resolve));
  } catch (error) {
    throw new Error(whyNotListening(env, error as NodeJS.ErrnoException), { cause: error });
  }
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function whyNotListening({ HOST, PORT }: Env, { code, message }: NodeJS.ErrnoException): string {
  const advice = `Set PORT to a free one, for example PORT=${PORT + 1} npm start`;
  if (code === "EADDRINUSE") return `Port ${PORT} is in use by another program. ${advice}`;
  if (code === "EACCES") return `Port ${PORT} may not be used by this user. ${advice}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EADDRNOTAVAIL")
    return `HOST (${HOST}) is not an address of this machine. Set it to one, or to 0.0.0.0 for all of them`;
  return `Cannot listen on HOST=${HOST}, PORT=${PORT}: ${message}`;
}
