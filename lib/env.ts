/**
 * Configuration: the only place that reads process.env. Parsed once, at import; a bad value stops the program and names the variable.
 */
import ipaddr from "ipaddr.js";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65535);
const flag = z.enum(["on", "off"]);
const days = z.coerce.number().int().min(0).max(36_500);
const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/$/, ""));
const unlessEmpty = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);
const optional = <T extends z.ZodType>(schema: T) => unlessEmpty(schema.optional());
const hostName = z.string().regex(/^[\w.:%-]+$/, "must be a host name or an address, as in 127.0.0.1 or ::1");

const isCidrList = (list: string) =>
  list.split(",").every((text) => text.trim() === "" || ipaddr.isValidCIDR(text.trim()));

/** Every environment variable that Nexio reads. The table in the README follows this order. */
export const ENV_SCHEMA = z.object({
  /** `production` turns the local sign-in off and makes WORKOS_*, NEXIO_ENCRYPTION_KEY and DATABASE_URL compulsory. */
  NEXIO_ENV: z.enum(["development", "production"]).default("development"),
  /** Set by Next and its tools, not by people: `development` under its development server. */
  NODE_ENV: z.string().default("production"),
  /** Which process this is: the supervisor starts both roles; `web` and `worker` run one of them on DATABASE_URL. */
  NEXIO_ROLE: z.enum(["all", "web", "worker"]).default("all"),
  /** Address that the server listens on. */
  HOST: unlessEmpty(hostName.default("127.0.0.1")),
  PORT: port.default(3000),
  /** Where people reach the portal. Default: HOST and PORT. */
  PLATFORM_URL: optional(url),
  /** Where programs reach the API. Default: PLATFORM_URL. */
  API_URL: optional(url),
  /** PostgreSQL 15 or newer. Empty: the embedded one. */
  DATABASE_URL: optional(z.string()),
  /** Connections of one process to PostgreSQL. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(4).max(200).default(12),
  /** Folder of the embedded PostgreSQL, the local sign-in's key, and the lock. */
  NEXIO_DATA_DIR: z.string().default(".nexio"),
  /** Port of the embedded PostgreSQL; 0 chooses a free one. */
  NEXIO_POSTGRES_PORT: port.default(0),
  /** Port of the local sign-in; 0 chooses a free one. */
  NEXIO_WORKOS_PORT: port.default(0),
  WORKOS_API_KEY: optional(z.string()),
  WORKOS_CLIENT_ID: optional(z.string()),
  /** Seals the session cookie; at least 32 characters. */
  WORKOS_COOKIE_PASSWORD: optional(z.string().min(32)),
  WORKOS_API_HOSTNAME: optional(z.string()),
  WORKOS_API_PORT: optional(port),
  WORKOS_API_HTTPS: optional(z.enum(["true", "false"])),
  /** Set by the supervisor when it has started the local sign-in. */
  NEXIO_LOCAL_SIGN_IN: flag.default("off"),
  /** 32 bytes in base64: wraps what must be read back. */
  NEXIO_ENCRYPTION_KEY: optional(z.base64().refine((key) => key.length === 44, "must be 32 bytes in base64")),
  /** CIDRs, comma-separated, of proxies whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: z.string().default(""),
  /** CIDRs, comma-separated, that requests to customers' services may go to although they are not public. */
  NEXIO_OUTBOUND_ALLOWED_CIDRS: z.string().default("").refine(isCidrList, "must be CIDRs, as in 10.1.0.0/16,fd00::/64"),
  /** Shown where a limit says "contact support". */
  SUPPORT_CONTACT: z.string().default("your account contact"),
  /** `off`: new organizations get no example engines. */
  NEXIO_EXAMPLES: flag.default("on"),
  /** Evaluator children that a worker keeps; more are started while engines are slow. */
  NEXIO_EVALUATORS: z.coerce.number().int().min(1).max(64).default(1),
  /** Calls of services of http engines that a worker has open at a time. */
  NEXIO_HTTP_CALLS: z.coerce.number().int().min(1).max(10_000).default(256),
  /** Deliveries to webhook endpoints that a worker has open at a time. */
  NEXIO_DELIVERIES: z.coerce.number().int().min(1).max(10_000).default(256),
  /** KiB of decision traces that a worker records a second; what is not recorded is made when it is asked for. 0 records none. */
  NEXIO_TRACE_RATE: z.coerce.number().int().min(0).max(1_048_576).default(512),
  /** Niceness of the worker: it yields to acceptance on a machine that both share. */
  NEXIO_WORKER_NICE: z.coerce.number().int().min(0).max(19).default(5),
  /** Days that inputs, outputs and traces of runs are kept, by whole months; 0: for ever. */
  NEXIO_PAYLOAD_RETENTION_DAYS: days.default(30),
  /** Days that runs are kept at all, by whole months; 0: for ever. */
  NEXIO_RUN_RETENTION_DAYS: days.default(365),
  /** For `nexio quickstart` where WorkOS is real: the portal's session cookie of somebody with api_keys:manage. */
  WOS_SESSION: optional(z.string()),
  /** For `nexio quickstart`: a live key to use instead of minting one. */
  NEXIO_LIVE_KEY: optional(z.string()),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

export type Env = z.infer<typeof ENV_SCHEMA>;

/** Reads a set of variables. Throws an Error that names each bad one. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const parsed = ENV_SCHEMA.safeParse(source);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`Bad environment variables\n  ${problems.join("\n  ")}`);
}

export const env: Env = parseEnv(process.env);

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

/** The address of the portal, without a slash at its end. */
export function platformUrl(e: Env = env): string {
  return e.PLATFORM_URL ?? `http://${e.HOST.includes(":") ? `[${e.HOST}]` : e.HOST}:${e.PORT}`;
}

/** The address of the API, without a slash at its end. */
export function apiUrl(e: Env = env): string {
  return e.API_URL ?? platformUrl(e);
}

/**
 * Development means: not production, and the listen address, PLATFORM_URL and API_URL are all loopback.
 * Only then may the local sign-in run, and only then are http: and loopback webhook targets allowed.
 */
export function isDevelopment(e: Env = env): boolean {
  const hosts = [e.HOST, new URL(platformUrl(e)).hostname, new URL(apiUrl(e)).hostname];
  return e.NEXIO_ENV !== "production" && hosts.every((host) => LOOPBACK_HOSTS.has(host));
}

/** This process's environment with some variables set anew or, where undefined, left out: for a child process of ours. */
export function childEnvironment(changes: Record<string, string | undefined>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}

/**
 * Why this is not development, in words for an error message; undefined where it is. See isDevelopment.
 */
export function notDevelopment(e: Env = env): string | undefined {
  if (isDevelopment(e)) return undefined;
  if (e.NEXIO_ENV === "production") return "NEXIO_ENV is production";
  const addresses = {
    HOST: e.HOST,
    PLATFORM_URL: new URL(platformUrl(e)).hostname,
    API_URL: new URL(apiUrl(e)).hostname,
  };
  const [name, host] = Object.entries(addresses).find(([, host]) => !LOOPBACK_HOSTS.has(host))!;
  return `${name} (${host}) is not an address of this machine alone`;
}
