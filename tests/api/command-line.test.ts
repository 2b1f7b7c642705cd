/** The `nexio` command as a real process on the test file's database: what it prints, what it refuses, and its exit codes. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authenticateApiKey } from "../../lib/auth/credentials.ts";
import { testDatabase, sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  requestContext,
  type TestOrganization,
} from "../fixtures/factories.ts";

const MAIN = join(import.meta.dirname, "../../lib/cli/main.ts");

type Outcome = { exitCode: number; stdout: string; stderr: string };

function nexio(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { ...process.env, NODE_OPTIONS: "", DATABASE_URL: testDatabase().url, ...env } },
      (error, stdout, stderr) => resolve({ exitCode: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

let folder: string;
let organization: TestOrganization;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nexio-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  organization = await createOrganization();
});

const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");
/** A key as an older system made it: no checksum. */
const oldKey = (kind: "live" | "test", seed: string) => `nx_${kind}_${sha256(seed)}`;
const lineOf = (key: string, name = "") => `${key.slice(0, -60)},${sha256(key)},${name}`;

function importLines(lines: readonly string[], org = organization.id): Promise<Outcome> {
  const file = join(folder, "hashes.csv");
  writeFileSync(file, lines.join("\n"));
  return nexio(["keys", "import", "--org", org, "--file", file]);
}

const works = async (key: string) => authenticateApiKey(`Bearer ${key}`, requestContext());
const keyCount = async () => (await sql("select 1 from api_key where org_id = $1", [organization.id])).length;

describe("nexio", () => {
  it("explains itself", async () => {
    for (const args of [[], ["help"], ["--help"]]) {
      const { exitCode, stdout } = await nexio(args);
      expect(exitCode).toBe(0);
      for (const command of [
        "quickstart",
        "keys import",
        "org list",
        "org set-limit",
        "org limits",
        "org set-retention",
        "audit verify",
      ])
        expect(stdout).toContain(`nexio ${command}`);
    }
  });

  it.each([
    [["nope"], /no command "nope"/],
    [["keys"], /no command "keys"/],
    [["keys", "import"], /--org is missing/],
    [["keys", "import", "--nope", "1"], /--nope/],
    [["org", "set-limit", "x", "environments"], /Usage/],
    [["org", "set-limit", "x", "environments", "-1"], /./],
    [["org", "set-limit", "x", "runs", "7"], /Usage/],
    [["org", "set-limit", "x", "environments", "off"], /Usage/],
    [["org", "set-limit", "x", "runs-per-minute", "1.5"], /Usage/],
    [["org", "set-limit", "x", "runs-per-minute", "0"], /1 or more/],
    [["org", "set-limit", "x", "concurrency:dev", "5", "6"], /Usage/],
    [["org", "set-retention", "x"], /Usage/],
    [["org", "set-retention", "x", "soon"], /Usage/],
    [["org", "set-retention", "x", "0"], /1 to 36500/],
    [["org", "limits"], /Usage/],
  ])("refuses %j with exit code 2", async (args, message) => {
    const { exitCode, stderr } = await nexio(args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("says so, without a stack, when the database cannot be reached", async () => {
    const { exitCode, stderr } = await nexio(["org", "list"], { DATABASE_URL: "postgres://x@127.0.0.1:1/x" });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^The database cannot be reached/);
    expect(stderr).not.toContain("    at ");
  });

  it("names an organization that does not exist", async () => {
    const { exitCode, stderr } = await nexio(["org", "set-limit", "org_nope", "environments", "7"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "Organization not found\n" });
  });

  it("sets a limit by either id of the organization, and lists it", async () => {
    for (const [id, limit] of [
      [organization.id, "7"],
      [organization.workosOrganizationId, "8"],
    ] as const) {
      expect(await nexio(["org", "set-limit", id, "environments", limit])).toMatchObject({ exitCode: 0 });
      const { stdout } = await nexio(["org", "list"]);
      expect(stdout).toMatch(new RegExp(`^${organization.id}  .*environments ≤ ${limit}$`, "m"));
    }
    const verified = await nexio(["audit", "verify", "--org", organization.id]);
    expect(verified).toMatchObject({ exitCode: 0, stdout: `${organization.name}: 2 events, intact\n` });
  });

  it("sets and takes away runs a minute and ceilings of runs at once, each with its event, and shows them", async () => {
    const { id, name, live } = organization;
    await createEnvironment(organization, "dev");
    await createRun(live, await createEngine(organization), { status: "RUNNING" });
    const shown = async () => (await nexio(["org", "limits", id])).stdout.split("\n");
    const none = [
      `${name}  ${id}`,
      "environments beside live  1 of 5",
      "runs a minute  off",
      "inputs and outputs are kept  for 30 days",
      "runs at once, by environment:",
      "  live              1 now  no limit",
      "  dev               0 now  no limit",
      "",
    ];
    expect(await shown()).toEqual(none);
    for (const args of [
      ["runs-per-minute", "600"],
      ["concurrency", "20"],
      ["concurrency:dev", "3"],
    ]) {
      expect(await nexio(["org", "set-limit", id, ...args])).toMatchObject({ exitCode: 0, stderr: "" });
    }
    expect(await shown()).toEqual(
      expect.arrayContaining([
        "runs a minute  0 of 600 in this minute",
        "  live              1 now  at most 20  (its own limit off, ceiling 20)",
        "  dev               0 now  at most 3  (its own limit off, ceiling 3)",
      ]),
    );
    for (const what of ["runs-per-minute", "concurrency", "concurrency:dev"]) {
      expect(await nexio(["org", "set-limit", id, what, "off"])).toMatchObject({ exitCode: 0, stderr: "" });
    }
    expect(await shown()).toEqual(none);
    const unknown = await nexio(["org", "set-limit", id, "concurrency:nope", "3"]);
    expect(unknown).toEqual({ exitCode: 1, stdout: "", stderr: "Environment not found\n" });
    const verified = await nexio(["audit", "verify", "--org", id]);
    expect(verified.stdout).toBe(`${name}: 6 events, intact\n`);
  });

  it("finds a log that was tampered with, and exits with 1", async () => {
    await nexio(["org", "set-limit", organization.id, "environments", "7"]);
    await sql("update audit_event set body = replace(body, '7', '9') where org_id = $1", [organization.id]);
    const { exitCode, stdout } = await nexio(["audit", "verify", "--org", organization.id]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("BROKEN at event 1: its body was changed");
  });
});

describe("nexio keys import", () => {
  it("makes old keys of live and test work unchanged and without expiry, and may be repeated", async () => {
    const [live, test] = [oldKey("live", "a"), oldKey("test", "b")];
    const lines = ["prefix,hash,name", lineOf(live, '"Billing, nightly"'), lineOf(test)];
    const first = await importLines(lines);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toBe(
      `The legacy environment test was made\n${organization.name}: 2 keys imported, 0 were there already\n`,
    );
    expect(await works(live)).toMatchObject({ environmentSlug: "live" });
    expect(await works(test)).toMatchObject({ environmentSlug: "test", environmentKind: "test" });
    const rows = await sql("select name, expires_at, created_by from api_key where org_id = $1 order by name", [
      organization.id,
    ]);
    expect(rows).toEqual([
      { name: "Billing, nightly", expires_at: null, created_by: "import" },
      { name: `Imported ${test.slice(0, -60)}…`, expires_at: null, created_by: "import" },
    ]);

    await sql("update api_key set revoked_at = now() where hash = $1", [Buffer.from(sha256(live), "hex")]);
    const again = await importLines(lines, organization.workosOrganizationId);
    expect(again.stdout).toBe(`${organization.name}: 0 keys imported, 2 were there already\n`);
    await expect(works(live)).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("makes no test environment where no key needs it", async () => {
    await importLines(["prefix,hash,name,scopes", `${lineOf(oldKey("live", "c"), "ci")},runs:write runs:read`]);
    expect(await sql("select 1 from environment where org_id = $1 and kind = 'test'", [organization.id])).toEqual([]);
    const [row] = await sql("select scopes from api_key where org_id = $1", [organization.id]);
    expect(row).toEqual({ scopes: ["runs:write", "runs:read"] });
  });

  it("names every bad line and imports nothing, not even the good ones", async () => {
    const key = oldKey("live", "d");
    const { exitCode, stderr } = await importLines([
      "prefix,hash,name,scopes",
      lineOf(key),
      `nx_dev_a3f2,${sha256("x")},,`,
      `nx_live_a3f2,${sha256("x").slice(1)},,`,
      `${key},${sha256(key)},,`,
      lineOf(key),
      `nx_live_a3f2,${sha256("y")},${"n".repeat(81)},`,
      `nx_live_a3f2,${sha256("z")},,everything`,
      `nx_live_a3f2,${sha256("z")},,,more`,
    ]);
    expect(exitCode).toBe(1);
    expect(
      stderr
        .split("\n")
        .slice(1)
        .map((line) => line.replace(/:.*/, "")),
    ).toEqual(["  line 3", "  line 4", "  line 5", "  line 6", "  line 7", "  line 8", "  line 9", ""]);
    // a whole key in the file must not come out of it again
    expect(stderr).not.toContain(key);
    expect(await keyCount()).toBe(0);
  });

  it("refuses hashes that belong to another organization or environment, and imports nothing", async () => {
    const theirs = await createKey((await createOrganization()).live);
    const own = await createKey(await createEnvironment(organization, "dev"));
    const { exitCode, stderr } = await importLines([
      "prefix,hash,name",
      lineOf(oldKey("live", "e")),
      `nx_live_aaaa,${sha256(theirs.key)},`,
      `nx_live_bbbb,${sha256(own.key)},`,
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/nothing was imported\n {2}line 3: .*\n {2}line 4: /);
    expect(await keyCount()).toBe(1);
  });

  it.each([
    [["hash,prefix,secret"], /unknown: secret/],
    [["prefix,name"], /must name the columns/],
    [[""], /must name the columns/],
    [["prefix,hash", '"nx_live_aaaa,x'], /line 2: a quote is not closed/],
  ])("refuses a file that begins %j", async (lines, message) => {
    const { exitCode, stderr } = await importLines(lines);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
  });

  it("names a file that cannot be read", async () => {
    const { exitCode, stderr } = await nexio(["keys", "import", "--org", organization.id, "--file", "/no/such.csv"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("/no/such.csv");
    expect(stderr).not.toContain("    at ");
  });

  it("reads Windows line ends, a byte order mark and a file without a last line end", async () => {
    const lines = [
      "\uFEFFPrefix,Hash",
      lineOf(oldKey("live", "f")).slice(0, -1),
      lineOf(oldKey("live", "g")).slice(0, -1),
    ];
    const { stdout } = await importLines([lines.join("\r\n")]);
    expect(stdout).toContain("2 keys imported");
  });
});
