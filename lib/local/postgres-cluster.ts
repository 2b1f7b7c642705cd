/**
 * The files of the embedded PostgreSQL: made on the first start, checked on every one. Also its two roles: the superuser, whom only this
 * folder's owner can be, and the ordinary one that the program works as, so that a hole in the program does not open the server.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { folderSecret } from "./data-folder.ts";
import { postgresBinaries, type PostgresBinaries } from "./postgres-binaries.ts";
import { bareEnvironment, canReach, obstacle, ownership, postgresUser, type PostgresUser } from "./postgres-user.ts";

export const SUPERUSER = "postgres";
/** The program's role, and the name of its database. */
export const APP_ROLE = "nexio";

export type Cluster = {
  dataDir: string;
  /** PostgreSQL's own data directory in it. */
  pgdata: string;
  user: PostgresUser | undefined;
  binaries: PostgresBinaries;
  /** The superuser's. */
  password: string;
};

/**
 * The cluster of a data folder whose lock the caller holds, made where it is missing. Throws with a message for a person when PostgreSQL
 * cannot work there.
 */
export function openCluster(dataDir: string, durable: boolean, notice: (line: string) => void): Cluster {
  const pgdata = join(dataDir, "postgres");
  const user = postgresUser(pgdata);
  if (user && !canReach(user, dataDir)) {
    throw new Error(
      `PostgreSQL refuses to run as root, so it runs as user ${user.name}, who cannot enter ${obstacle(user, dataDir)}. ` +
        "Set NEXIO_DATA_DIR to a folder that this user can reach, for example NEXIO_DATA_DIR=/var/lib/nexio",
    );
  }
  const binaries = postgresBinaries(user, dataDir, notice);
  const cluster = { dataDir, pgdata, user, binaries, password: folderSecret(dataDir, "postgres-password") };
  if (!existsSync(join(pgdata, "PG_VERSION"))) makeCluster(cluster, durable);
  checkVersion(cluster);
  return cluster;
}

// Made beside its place and renamed, so that a start that was killed in between leaves no half of a cluster.
function makeCluster({ dataDir, pgdata, user, binaries, password }: Cluster, durable: boolean): void {
  const draft = `${pgdata}.new`;
  const passwordFile = join(dataDir, "postgres-password.initdb");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    // Text sorts by code point and changes case by Unicode, on every machine alike.
    const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const login = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    runOrThrow(binaries.initdb, ["-D", draft, ...locale, ...login, ...(durable ? [] : ["--no-sync"])], user);
    renameSync(draft, pgdata);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function runOrThrow(program: string, args: string[], user: PostgresUser | undefined): void {
  const result = spawnSync(program, args, {
    ...ownership(user),
    cwd: "/",
    env: bareEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (result.error) throw new Error(`${program} could not be run: ${result.error.message}`, { cause: result.error });
  if (result.status !== 0) throw new Error(`${program} failed:\n${(result.stderr || result.stdout).trim()}`);
}

function checkVersion({ pgdata, binaries }: Cluster): void {
  const onDisk = readFileSync(join(pgdata, "PG_VERSION"), "utf8").trim();
  const program = binaries.version.split(".")[0];
  if (onDisk === program) return;
  throw new Error(
    `The data in ${pgdata} was written by PostgreSQL ${onDisk}, and this Nexio brings PostgreSQL ${program}. ` +
      "Dump it with the Nexio that wrote it and load it into a new NEXIO_DATA_DIR",
  );
}

/** The program's password: made from the superuser's, which cannot be computed back. */
export function appPassword(password: string): string {
  return createHash("sha256").update(`${APP_ROLE}:${password}`).digest("base64url");
}

/** Makes the program's role and database where they are missing. */
export async function makeRoleAndDatabase(adminUrl: string, password: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query("select from pg_roles where rolname = $1", [APP_ROLE]);
    if (rows.length === 0) await client.query(`create role ${APP_ROLE} login createdb password '${password}'`);
    const databases = await client.query("select from pg_database where datname = $1", [APP_ROLE]);
    if (databases.rows.length === 0) await client.query(`create database ${APP_ROLE} owner ${APP_ROLE}`);
  } finally {
    await client.end();
  }
}
