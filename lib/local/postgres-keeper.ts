/**
 * Keeps the embedded PostgreSQL running: when it ends without having been asked to (killed, out of memory), it is started again at
 * the same address, so that web and worker find it by themselves.
 */
import { setTimeout as delay } from "node:timers/promises";
import { startPostgres, type PostgresOptions, type RunningPostgres } from "./postgres.ts";

export type KeptPostgres = {
  /** The application's connection string; the same for as long as this lives. */
  readonly url: string;
  /** The server's pid now; undefined while it is away. */
  pid(): number | undefined;
  /** Ends it for good. */
  stop(): Promise<void>;
};

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
// A server that lived this long did start well; what ended it then is a new story.
const SETTLED_MS = 30_000;

/** Starts the server as startPostgres does, and again whenever it ends. `notice` is told of every such end. */
export async function keepPostgres(options: PostgresOptions): Promise<KeptPostgres> {
  const notice = options.notice ?? (() => {});
  let server: RunningPostgres | undefined = await startPostgres(options);
  const url = server.url();
  const again: PostgresOptions = { ...options, ...(url.includes("?host=") ? {} : { port: server.port }) };
  const stopping = new AbortController();

  const keep = async () => {
    let waitMs = FIRST_WAIT_MS;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      await server?.exited;
      server = undefined;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > SETTLED_MS) waitMs = FIRST_WAIT_MS;
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      if (stopping.signal.aborted) return;
      try {
        server = await startPostgres(again);
        notice("PostgreSQL had ended and was started again");
      } catch (error) {
        notice(`PostgreSQL had ended and cannot be started again yet: ${(error as Error).message}`);
      }
    }
  };
  const kept = keep();

  return {
    url,
    pid: () => server?.pid,
    stop: async () => {
      stopping.abort();
      await server?.stop();
      await kept;
      await server?.stop(); // one that was just being started
    },
  };
}
