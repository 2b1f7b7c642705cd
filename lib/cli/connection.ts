/** Where the running Nexio is: its address and its database, from the environment or from what it says in its data folder. */
import { closeDatabase } from "../db.ts";
import { env, platformUrl } from "../env.ts";
import { dataFolderPath } from "../local/data-folder-place.ts";
import { readRunningInfo } from "../local/data-folder.ts";
import { CommandFailure } from "./failure.ts";

const DEFAULT_PORT = 3000;

function running() {
  return readRunningInfo(dataFolderPath(env.NEXIO_DATA_DIR));
}

/** The address of the portal: PLATFORM_URL, an explicit PORT, the one that runs on the data folder, or the default. No slash at its end. */
export function serverUrl(): string {
  if (env.PLATFORM_URL === undefined && env.PORT === DEFAULT_PORT) {
    const url = running()?.url;
    if (url !== undefined) return url.replace(/\/$/, "");
  }
  return platformUrl();
}

/** Runs work that needs the database, and closes it. Throws when none is known. */
export async function withDatabase(work: () => Promise<void>): Promise<void> {
  // lib/db.ts opens it on first use, so that this comes in time.
  env.DATABASE_URL ??= running()?.databaseUrl;
  if (env.DATABASE_URL === undefined) {
    throw new CommandFailure("No database: set DATABASE_URL, or start Nexio (npm start) on this NEXIO_DATA_DIR");
  }
  try {
    await work();
  } finally {
    await closeDatabase();
  }
}
