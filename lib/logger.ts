/**
 * Structured logs (pino, JSON lines on standard output). Secrets are redacted by field name here, and never put into messages. Of errors of PostgreSQL
 * what quotes rows, parameters and statements is left out.
 */
import { pino, stdSerializers, type Logger } from "pino";
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

/** What PostgreSQL adds to its message: a refused row whole, parameters of statements, statements of functions. */
const QUOTING_FIELDS = new Set(["detail", "where", "internalQuery"]);
/** Of causes and what else hangs on an error. */
const MOST_DEPTH = 6;

function withoutQuotes(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MOST_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((one) => withoutQuotes(one, depth + 1));
  if ("toJSON" in value) return value;
  const kept = Object.entries(value).filter(([name]) => !QUOTING_FIELDS.has(name));
  return Object.fromEntries(kept.map(([name, of]) => [name, withoutQuotes(of, depth + 1)]));
}

const logger: Logger = pino({
  level: env.LOG_LEVEL,
  base: { role: env.NEXIO_ROLE },
  timestamp: pino.stdTimeFunctions.isoTime,
  serializers: { err: (error: Error) => withoutQuotes(stdSerializers.err(error)) },
  redact: { paths, censor: "[redacted]" },
});

/** A logger that names the part of the program which speaks. */
export function loggerFor(part: string): Logger {
  return logger.child({ part });
}
