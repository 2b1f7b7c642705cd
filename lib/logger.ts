/**
 * Structured logs (pino, JSON lines on standard output). Secrets are redacted by field name here, and never put into messages.
 */
import { pino, type Logger } from "pino";
import { env } from "./env.ts";

/** Field names whose values never reach a log line, wherever they stand in the logged object (two levels deep). */
const SECRET_FIELDS = [
  "key",
  "secret",
  "token",
  "password",
  "authorization",
  "cookie",
  "access_token",
  "refresh_token",
  "hash",
];

const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

const logger: Logger = pino({
  level: env.LOG_LEVEL,
  base: { role: env.NEXIO_ROLE },
  timestamp: pino.stdTimeFunctions.isoTime,
  redact: { paths, censor: "[redacted]" },
});

/** A logger that names the part of the program which speaks. */
export function loggerFor(part: string): Logger {
  return logger.child({ part });
}
