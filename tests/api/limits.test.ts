/** Limits as the portal shows and sets them: who may, what is refused, what is told, what is recorded. The services, on a real database. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { OrgScope } from "../../lib/auth/principal.ts";
import type { Role } from "../../lib/auth/permissions.ts";
import { closeAcceptance } from "../../lib/hot-path/accept.ts";
import { LimitsSchema } from "../../lib/limits/schema.ts";
import { getLimits, setConcurrencyCeiling, setEnvironmentLimits, setRunsPerMinute } from "../../lib/limits/service.ts";
import { createEnvironment as createByService, removeEnvironment } from "../../lib/environments/service.ts";
import { sql } from "../fixtures/database.ts";
import { createEnvironment, createRun, sessionScope, type TestEnvironment } from "../fixtures/factories.ts";
import { fromNow } from "../fixtures/moments.ts";
import { codeOf, createSender, type Sender } from "./accept-fixture.ts";

afterAll(() => closeAcceptance());

let sender: Sender;
let dev: TestEnvironment;
let owner: OrgScope;
beforeEach(async () => {
  sender = await createSender();
  dev = await createEnvironment(sender.org, "dev");
  owner = sessionScope(sender.org, "owner");
});

const limitsOf = async (slug: string, scope: OrgScope = owner) =>
  (await getLimits(scope)).data.find(({ environment }) => environment === slug)!.concurrency;

const events = () =>
  sql<{ body: string }>("select body from audit_event where org_id = $1 order by seq", [sender.org.id]).then((rows) =>
    rows.map(({ body }) => {
      const { action, actor, target, details } = JSON.parse(body) as Record<string, Record<string, unknown>>;
      return [action, actor!.label, target!.label, details];
    }),
  );

describe("what is told", () => {
  test("of an organization without limits: that there are none, and what runs", async () => {
    await createRun(dev, sender.engine, { status: "RUNNING" });
    await createRun(dev, sender.engine, { status: "PENDING" });
    const limits = LimitsSchema.parse(await getLimits(owner));
    const none = { limit: null, ceiling: null, effective: null };
    expect(limits).toEqual({
      runs_per_minute: { limit: null, used: 0 },
      environments: { limit: 5, used: 1 },
      data: [
        { environment: "live", kind: "live", concurrency: { ...none, running: 0 } },
        { environment: "dev", kind: "environment", concurrency: { ...none, running: 1 } },
      ],
    });
  });

  test("the minute that is under way, and nothing of one that has passed", async () => {
    await setRunsPerMinute(sender.org.scope, 10);
    expect((await getLimits(owner)).runs_per_minute).toEqual({ limit: 10, used: 0 });
    const expectMeanwhile = fromNow();
    await Promise.all([sender.submit(), sender.submit(), sender.submit()]);
    const { used, resets_at: resetsAt } = (await getLimits(owner)).runs_per_minute;
    expect(used).toBe(3);
    expectMeanwhile(Date.parse(resetsAt!) - 60_000);
    await sql("update run_rate_window set started_at = started_at - interval '1 minute'");
    expect((await getLimits(owner)).runs_per_minute).toEqual({ limit: 10, used: 0 });
  });

  test("a deleted environment is not in it, and a new one has the organization's ceiling", async () => {
    await removeEnvironment(sender.org.scope, "dev");
    await setConcurrencyCeiling(sender.org.scope, null, 6);
    await createByService(sender.org.scope, { slug: "fresh" });
    const { data } = await getLimits(owner);
    expect(data.map(({ environment }) => environment)).toEqual(["live", "fresh"]);
    expect(data[1]!.concurrency).toMatchObject({ ceiling: 6, effective: 6 });
  });
});

describe("an environment's own limit", () => {
  test("holds beside the ceiling: the lower of them", async () => {
    await setConcurrencyCeiling(sender.org.scope, "dev", 10);
    await setEnvironmentLimits(owner, "dev", { concurrency: 4 });
    expect(await limitsOf("dev")).toMatchObject({ limit: 4, ceiling: 10, effective: 4 });
    await setConcurrencyCeiling(sender.org.scope, "dev", 3);
    expect(await limitsOf("dev")).toMatchObject({ limit: 4, ceiling: 3, effective: 3 });
    await setEnvironmentLimits(owner, "dev", { concurrency: null });
    expect(await limitsOf("dev")).toMatchObject({ limit: null, ceiling: 3, effective: 3 });
    expect(await limitsOf("live")).toMatchObject({ effective: null });
  });

  test("cannot be set above the ceiling, which is named; at it, it can", async () => {
    await setConcurrencyCeiling(sender.org.scope, null, 8);
    await expect(setEnvironmentLimits(owner, "dev", { concurrency: 9 })).rejects.toMatchObject({
      code: "invalid_request",
      message: "concurrency: must be at most 8, the ceiling set by the operator",
      details: [{ path: "concurrency" }],
    });
    expect(await limitsOf("dev")).toMatchObject({ limit: null });
    expect((await setEnvironmentLimits(owner, "dev", { concurrency: 8 })).concurrency.limit).toBe(8);
  });

  test.each<[Role, string]>([
    ["owner", "accepted"],
    ["developer", "forbidden"],
    ["finance", "forbidden"],
    ["member", "forbidden"],
  ])("set by %s: %s; everybody may look", async (role, code) => {
    const scope = sessionScope(sender.org, role);
    expect(await codeOf(setEnvironmentLimits(scope, "dev", { concurrency: 2 }))).toBe(code);
    expect((await limitsOf("dev", scope)).limit).toBe(code === "accepted" ? 2 : null);
  });

  test("of another organization's environment, a deleted one or none at all: the same 404", async () => {
    const other = await createSender();
    await createEnvironment(other.org, "theirs");
    await removeEnvironment(sender.org.scope, "dev");
    for (const slug of ["theirs", "dev", "nope", "no such", "\0"]) {
      await expect(setEnvironmentLimits(owner, slug, { concurrency: 2 })).rejects.toMatchObject({
        code: "not_found",
        message: "Environment not found",
      });
    }
  });
});

test("ceilings and runs a minute are the operator's: no person in an organization may set them", async () => {
  expect(await codeOf(setRunsPerMinute(owner, 5))).toBe("forbidden");
  expect(await codeOf(setConcurrencyCeiling(owner, null, 5))).toBe("forbidden");
  expect(await codeOf(setConcurrencyCeiling(owner, "dev", 5))).toBe("forbidden");
  expect(await limitsOf("dev")).toMatchObject({ effective: null });
});

test("every change is recorded with who made it; what changes nothing is not", async () => {
  await setRunsPerMinute(sender.org.scope, 100);
  await setConcurrencyCeiling(sender.org.scope, null, 20);
  await setConcurrencyCeiling(sender.org.scope, "dev", 9);
  await setEnvironmentLimits(owner, "dev", { concurrency: 3 });
  await setEnvironmentLimits(owner, "dev", { concurrency: 3 });
  await setEnvironmentLimits(owner, "dev", { concurrency: null });
  const { name } = sender.org;
  expect(await events()).toEqual([
    ["organization.set_limit", "test", name, { limit: "runs-per-minute", value: 100 }],
    ["organization.set_limit", "test", name, { limit: "concurrency", value: 20 }],
    ["environment.set_ceiling", "test", "dev", { limit: "concurrency", value: 9 }],
    ["environment.set_limit", "owner@example.test", "dev", { limit: "concurrency", value: 3, value_before: null }],
    ["environment.set_limit", "owner@example.test", "dev", { limit: "concurrency", value: null, value_before: 3 }],
  ]);
});
