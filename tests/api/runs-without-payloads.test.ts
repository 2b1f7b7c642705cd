/** What a person without `payloads:read` is told of a run: its errors quote what it was given, so none of their texts. */
import { beforeEach, describe, expect, test } from "vitest";
import { concludePlacement } from "../../lib/engines/evaluate-result.ts";
import { RUN_ERROR, runError, withoutNames } from "../../lib/engines/run-errors.ts";
import { ListRunsQuerySchema } from "../../lib/runs/schema.ts";
import { getRun, getRunInput, listRuns } from "../../lib/runs/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createOrganization,
  createRun,
  sessionScope,
  type TestEngine,
  type TestOrganization,
} from "../fixtures/factories.ts";

const list = (scope: Parameters<typeof listRuns>[0]) => listRuns(scope, ListRunsQuerySchema.parse({}));

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

describe("without payloads:read", () => {
  // Errors quote what they are about: "applicant.ssn 123-45-6789 is no number".
  const SECRET = "123-45-6789";
  test.each([
    ["engine_error", RUN_ERROR.engine_error],
    ["engine_timeout", RUN_ERROR.engine_timeout],
    ["a_code_of_tomorrow", "The run failed"],
  ])("a member reads no payload through the text of an error: %s", async (code, message) => {
    const id = await createRun(org.live, engine, { status: "FAILED" });
    const error = { code, message: `ssn ${SECRET} is no number`, details: { path: SECRET } };
    await sql("insert into run_payload (org_id, run_id, kind, body) values ($1, $2, 'output', $3)", [
      org.id,
      id,
      JSON.stringify({ error }),
    ]);
    await sql("update run set error_code = $2 where id = $1", [id, code]);
    const member = sessionScope(org, "member");
    expect((await getRun(member, id)).error).toEqual({ code, message });
    expect((await list(member)).data[0]).toMatchObject({ run_id: id, error_code: code });
    expect(JSON.stringify([await getRun(member, id), await list(member)])).not.toContain(SECRET);
    expect((await getRun(sessionScope(org, "developer"), id)).error).toEqual(error);
    await expect(getRunInput(member, id)).rejects.toMatchObject({ code: "forbidden" });
  });

  test.each([
    [
      `2 of 5 offerings could not be evaluated: Gold (ssn ${SECRET}), Silver (x)`,
      "2 of 5 offerings could not be evaluated",
    ],
    [`1 of 1 offering could not be evaluated: ${SECRET}`, "1 of 1 offering could not be evaluated"],
    [`Something else about ${SECRET}`, "Some offerings could not be evaluated"],
  ])("nor through why a run is degraded: %s", async (reason, told) => {
    const id = await createRun(org.live, engine, { status: "DEGRADED" });
    await sql("update run set degradation_reason = $2 where id = $1", [id, reason]);
    const reasons = async (scope: Parameters<typeof getRun>[0]) => [
      (await getRun(scope, id)).degradation_reason,
      (await list(scope)).data[0]!.degradation_reason,
    ];
    expect(await reasons(sessionScope(org, "member"))).toEqual([told, told]);
    expect(await reasons(sessionScope(org, "developer"))).toEqual([reason, reason]);
  });

  test("what a placement engine says is told without its names", () => {
    const offerings = [{ id: "gold" }, { id: "silver" }, { id: "tin" }];
    const failed = { ok: false as const, error: runError("engine_error", `ssn ${SECRET}`) };
    const fine = { ok: true as const, output: { eligible: true, score: 1 } };
    const { degradationReason } = concludePlacement(offerings, [failed, fine, failed]);
    expect(degradationReason).toContain(SECRET);
    expect(withoutNames(degradationReason!)).toBe("2 of 3 offerings could not be evaluated");
  });
});
