/** Work that comes again after a while, by itself, for as long as the worker lives. */
import type { Logger } from "pino";

export type Periodic = {
  /** Begins no further time. Resolves when the last one has ended. */
  stop(): Promise<void>;
};

/**
 * Calls `work` now and then again `everyMs` after it has ended, ±10 % so that workers do not keep step. What it throws is logged once
 * for a row of failures, and it is tried again next time.
 */
export function startPeriodic(name: string, everyMs: number, log: Logger, work: () => Promise<void>): Periodic {
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current = run();

  async function run(): Promise<void> {
    try {
      await work();
      if (failures > 0) log.info({ failures }, `${name} works again`);
      failures = 0;
    } catch (error) {
      failures++;
      if (failures === 1) log.warn({ err: error }, `${name} failed; trying again`);
    }
    if (stopped) return;
    timer = setTimeout(() => (current = run()), everyMs * (0.9 + Math.random() * 0.2));
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
