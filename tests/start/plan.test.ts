/** What a start brings along, and what it refuses to start without. */
import { expect, test } from "vitest";
import { parseEnv } from "../../lib/env.ts";
import { MissingConfiguration, planStart } from "../../lib/server/supervisor-plan.ts";

const REAL = {
  WORKOS_API_KEY: "sk_test_1",
  WORKOS_CLIENT_ID: "client_1",
  WORKOS_COOKIE_PASSWORD: "a password of at least 32 characters",
  NEXIO_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64"),
  DATABASE_URL: "postgresql://localhost/nexio",
};
const ALL = Object.keys(REAL);

function missing(variables: Record<string, string>): string[] {
  try {
    planStart(parseEnv(variables));
    return [];
  } catch (error) {
    if (!(error instanceof MissingConfiguration)) throw error;
    for (const name of error.missing) expect(error.message).toContain(name);
    return [...error.missing];
  }
}

test("with nothing set, everything is brought along", () => {
  expect(planStart(parseEnv({}))).toEqual({
    roles: ["web", "worker"],
    embeddedDatabase: true,
    localSignIn: true,
    ownEncryptionKey: true,
    ownDataFolder: true,
  });
});

test("a database and a key of one's own are used, and the local sign-in still starts", () => {
  const { DATABASE_URL, NEXIO_ENCRYPTION_KEY } = REAL;
  expect(planStart(parseEnv({ DATABASE_URL, NEXIO_ENCRYPTION_KEY }))).toMatchObject({
    embeddedDatabase: false,
    localSignIn: true,
    ownEncryptionKey: false,
  });
});

test("with WorkOS set, nothing is brought along, and all that is missing is named", () => {
  expect(planStart(parseEnv(REAL))).toMatchObject({
    embeddedDatabase: false,
    localSignIn: false,
    ownEncryptionKey: false,
  });
  expect(missing({ WORKOS_API_KEY: "sk_test_1" })).toEqual(ALL.filter((name) => name !== "WORKOS_API_KEY"));
});

test.each<Record<string, string>>([
  { NEXIO_ENV: "production" },
  { HOST: "0.0.0.0" },
  { HOST: "::" },
  { PLATFORM_URL: "https://portal.example.com" },
  { API_URL: "https://api.example.com" },
  { PLATFORM_URL: "http://127.0.0.1.example.com" },
])("outside development (%o) nothing starts without WorkOS, a key and a database", (variables) => {
  expect(missing(variables)).toEqual(ALL);
  expect(missing({ ...variables, ...REAL })).toEqual([]);
  for (const name of ALL) expect(missing({ ...variables, ...REAL, [name]: "" })).toEqual([name]);
});

const start = (variables: Record<string, string>) => () => planStart(parseEnv(variables));

test("a HOST that some shell has set is told, with what to do about it", () => {
  expect(start({ HOST: "x86_64-conda-linux-gnu" })).toThrow(
    /HOST \(x86_64-conda-linux-gnu\) is not an address of this machine alone[^]*HOST=127\.0\.0\.1 npm start/,
  );
  expect(start({ HOST: "0.0.0.0", NEXIO_ENV: "production" })).not.toThrow(/conda/);
  expect(start({ HOST: "" })).not.toThrow();
  for (const HOST of ["[::1]", "http://localhost", "a host"]) expect(start({ HOST })).toThrow(/HOST: must be/);
});

test.each(["localhost", "127.0.0.1", "::1"])("%s is an address of this machine alone", (HOST) => {
  expect(planStart(parseEnv({ HOST, PLATFORM_URL: "http://localhost:3000" })).localSignIn).toBe(true);
});

test("one role needs the database that the others use, and shares the data folder with them", () => {
  expect(missing({ NEXIO_ROLE: "worker" })).toEqual(["DATABASE_URL"]);
  expect(missing({ NEXIO_ROLE: "web" })).toEqual(["DATABASE_URL"]);
  const { DATABASE_URL } = REAL;
  expect(planStart(parseEnv({ NEXIO_ROLE: "worker", DATABASE_URL }))).toEqual({
    roles: ["worker"],
    embeddedDatabase: false,
    localSignIn: false,
    ownEncryptionKey: true,
    ownDataFolder: false,
  });
  expect(missing({ NEXIO_ROLE: "worker", NEXIO_ENV: "production" })).toEqual(["NEXIO_ENCRYPTION_KEY", "DATABASE_URL"]);
});
