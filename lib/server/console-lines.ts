/** What libraries write to the console (Next, AuthKit) becomes lines of our log, so that every line of the program is JSON. */
import { formatWithOptions } from "node:util";
import { loggerFor } from "../logger.ts";

const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;
/** Longest text of one line, in characters: errors are printed with their causes. */
const MAX_LENGTH = 8_000;

/** Takes over this process's console, for good. */
export function consoleToLog(): void {
  const log = loggerFor("console");
  for (const [method, level] of Object.entries(LEVELS) as [
    keyof typeof LEVELS,
    (typeof LEVELS)[keyof typeof LEVELS],
  ][]) {
    console[method] = (...values: unknown[]) => {
      const text = formatWithOptions({ colors: false, depth: 4 }, ...values).trim();
      if (text !== "") log[level](text.slice(0, MAX_LENGTH));
    };
  }
}
