/**
 * Locks between processes of one machine that die with their holder, however it dies: SQLite's file lock, which the kernel keeps
 * (Node has SQLite built in). A pid file could not promise that, nor that two processes of the same instant do not both get it.
 */
import { DatabaseSync } from "node:sqlite";

// Long enough for two processes of the same instant to settle which of them has it, short enough not to be felt.
const SETTLE_MS = 400;
const SQLITE_BUSY = 5;

// A handle that nobody references would be collected, and the lock with it.
const held = new Set<DatabaseSync>();

/**
 * Locks a file, made where it is missing, until the returned function is called or this process dies. `exclusive` admits nobody else;
 * `shared` admits other sharers. Returns undefined when others hold it against that for `waitMs`. Throws when it cannot be opened.
 */
export function lockFile(path: string, mode: "exclusive" | "shared", waitMs = SETTLE_MS): (() => void) | undefined {
  const database = new DatabaseSync(path, { timeout: waitMs });
  try {
    // Nothing is ever written, so that no journal need lie beside the file.
    if (mode === "exclusive") database.exec("pragma journal_mode = memory; begin exclusive");
    else database.exec("begin; select count(*) from sqlite_master");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
}
