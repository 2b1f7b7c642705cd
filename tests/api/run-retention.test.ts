/** What reads say of a run whose payloads retention has taken. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runCommand } from "../../lib/cli/commands.ts";
import { closeReading } from "../../lib/hot-path/read.ts";
import { getRun, getRunInput } from "../../lib/runs/service.ts";
import { callApi } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createKey,
  createOrganization,
  createRun,
  sessionScope,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";

let org: TestOrganization;
let key: TestKey;
const runs: Record<string, string> = {};

beforeAll(async () => {
  org = await createOrganization();
  key = await createKey(org.live);
  const engine = await createEngine(org);
  for (const status of ["PENDING", "COMPLETED", "FAILED", "CANCELED"] as const) {
    runs[status] = await createRun(org.live, engine, { status });
  }
  await sql("update run set summary = '2 solutions' where id = $1", [runs.COMPLETED]);
  await sql("update run set error_code = 'engine_error', summary = 'engine_error' where id = $1", [runs.FAILED]);
  await sql("delete from run_payload where org_id = $1 and run_id <> $2", [org.id, runs.PENDING]);
});
afterAll(() => closeReading());

forEachHost(["server", "mount"], (host) => {
  const read = async (status: string) => (await callApi(host, key.key, "GET", `/runs/${runs[status]}`)).body;

  it("a program is told that they are gone, and of an error the code", async () => {
    expect(await read("COMPLETED")).toMatchObject({ status: "COMPLETED", payloads_removed: true });
    const failed = await read("FAILED");
    expect(failed).toMatchObject({
      status: "FAILED",
      payloads_removed: true,
      error: { code: "engine_error", message: "The engine's graph failed on this input" },
    });
    for (const status of ["PENDING", "CANCELED"]) expect(await read(status)).not.toHaveProperty("payloads_removed");
  });
});

const detail = (status: string, role: "owner" | "member" = "owner") => getRun(sessionScope(org, role), runs[status]!);

const input = (status: string) => getRunInput(sessionScope(org, "owner"), runs[status]!);

describe("in the portal", () => {
  it("a run keeps its summary, without input and output, and says for how long payloads are kept", async () => {
    const run = await detail("COMPLETED");
    expect(run).toMatchObject({ summary: "2 solutions", payloads_removed: true, payloads_kept_days: 30 });
    for (const payload of ["input", "offerings", "output", "solutions"]) expect(run).not.toHaveProperty(payload);
    expect(await detail("FAILED")).toMatchObject({ payloads_removed: true, error: { code: "engine_error" } });
    expect(await detail("CANCELED")).toMatchObject({ payloads_removed: true });
    expect(await detail("FAILED", "member")).toMatchObject({ payloads_removed: true, error: { code: "engine_error" } });
    const waiting = await detail("PENDING");
    expect(waiting).toMatchObject({ input: { n: 1 } });
    expect(waiting).not.toHaveProperty("payloads_removed");
    expect(await input("PENDING")).toEqual({ input_json: '{"n":1}' });
    await expect(input("COMPLETED")).rejects.toMatchObject({ code: "not_found" });
  });

  it("the days are the organization's own, where they are fewer", async () => {
    const said = vi.spyOn(console, "log").mockReturnValue();
    for (const [days, kept, words] of [
      ["7", 7, "for 7 days"],
      ["90", 30, "for 30 days: the policy of this installation is shorter"],
      ["off", 30, "for 30 days"],
    ] as const) {
      expect(await runCommand(["org", "set-retention", org.id, days])).toBe(0);
      expect(said).toHaveBeenLastCalledWith(`${org.name} keeps inputs and outputs ${words}`);
      expect(await detail("COMPLETED")).toMatchObject({ payloads_kept_days: kept });
    }
    const actions = await sql(
      `select body::json ->> 'action' as action, body::json -> 'details' as details from audit_event where org_id = $1 order by seq`,
      [org.id],
    );
    expect(actions).toEqual(
      [7, 90, null].map((payload_days) => ({ action: "organization.set_retention", details: { payload_days } })),
    );
  });
});
