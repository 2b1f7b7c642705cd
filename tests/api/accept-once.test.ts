/** Equal requests make one run: by their Idempotency-Key, and when a lost connection makes the program send them again. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { closeAcceptance } from "../../lib/hot-path/accept.ts";
import { sql } from "../fixtures/database.ts";
import { createEngine, type TestEngine, type TestOrganization } from "../fixtures/factories.ts";
import { closeGate, PASS_GATE, type ClosedGate } from "../fixtures/gate.ts";
import { codeOf, createSender, type Parts, runsOf, type Sender, usageOf } from "./accept-fixture.ts";

afterAll(() => closeAcceptance());

let sender: Sender;
let org: TestOrganization;
let engine: TestEngine;

beforeEach(async () => {
  sender = await createSender();
  ({ org, engine } = sender);
});

const submit = (parts?: Parts) => sender.submit(parts);

const accepting = "datname = current_database() and application_name like 'nexio-%-accept-%'";

/** Makes inserts of runs wait at a gate that is closed, so that they can be interrupted. */
async function interruptible(work: (gate: ClosedGate) => Promise<void>): Promise<void> {
  await sql(
    `create function dawdle() returns trigger language plpgsql as $$ begin perform ${PASS_GATE}; return null; end $$`,
  );
  await sql("create trigger dawdle after insert on run_payload for each statement execute function dawdle()");
  try {
    await work(await closeGate());
  } finally {
    await sql("drop trigger dawdle on run_payload");
    await sql("drop function dawdle()");
  }
}

describe("idempotency keys", () => {
  test("an equal request gets the same run, and counts once", async () => {
    const first = await submit({ idempotencyKey: "k" });
    expect(first.replayed).toBe(false);
    expect(await submit({ idempotencyKey: "k" })).toEqual({ runId: first.runId, replayed: true });
    expect(await usageOf(org.id)).toBe(1);
  });

  test("another body or engine is refused, byte for byte", async () => {
    const second = await createEngine(org);
    await submit({ idempotencyKey: "k" });
    expect(await codeOf(submit({ idempotencyKey: "k", body: '{"input": 1}' }))).toBe("idempotency_key_reused");
    expect(await codeOf(submit({ idempotencyKey: "k", slug: second.slug }))).toBe("idempotency_key_reused");
  });

  test("only an acceptance is remembered", async () => {
    expect(await codeOf(submit({ idempotencyKey: "k", body: '{"input":' }))).toBe("invalid_request");
    expect(await codeOf(submit({ idempotencyKey: "k", slug: "no-such-engine" }))).toBe("not_found");
    expect(await codeOf(submit({ idempotencyKey: "k", body: '{"input":1,"engine_version":"9.9"}' }))).toBe(
      "engine_version_unavailable",
    );
    expect((await submit({ idempotencyKey: "k" })).replayed).toBe(false);
  });

  test("an accepted request is replayed even where its version is no longer to be had", async () => {
    const first = await submit({ idempotencyKey: "k" });
    await sql("delete from engine_version_head where engine_id = $1", [engine.id]);
    expect(await submit({ idempotencyKey: "k" })).toEqual({ runId: first.runId, replayed: true });
    expect(await codeOf(submit({ idempotencyKey: "other" }))).toBe("engine_version_unavailable");
  });

  test("after 24 hours a key is anybody's again, and not a minute before", async () => {
    const first = await submit({ idempotencyKey: "k" });
    await sql("update idempotency_key set created_at = now() - interval '23 hours 59 minutes' where org_id = $1", [
      org.id,
    ]);
    expect(await submit({ idempotencyKey: "k" })).toEqual({ runId: first.runId, replayed: true });
    await sql("update idempotency_key set created_at = now() - interval '24 hours' where org_id = $1", [org.id]);
    const second = await submit({ idempotencyKey: "k", body: '{"input":2}' });
    expect(second.replayed).toBe(false);
    expect(second.runId).not.toBe(first.runId);
    expect(await submit({ idempotencyKey: "k", body: '{"input":2}' })).toEqual({ runId: second.runId, replayed: true });
  });

  test("50 equal ones in one batch, among others: one run, one original answer", async () => {
    const asked = Array.from({ length: 50 }, () => submit({ idempotencyKey: "same" }));
    const others = Array.from({ length: 50 }, (_, n) => submit(n % 2 ? {} : { idempotencyKey: `own ${n}` }));
    const answers = await Promise.all(asked);
    expect(new Set(answers.map((answer) => answer.runId)).size).toBe(1);
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect((await Promise.all(others)).every((answer) => !answer.replayed)).toBe(true);
    expect(await usageOf(org.id)).toBe(51);
  });

  test.each([["" as string], ["x".repeat(256)], ["tab\there"], ["é"], ["   "]])(
    "%j is no key",
    async (idempotencyKey) => {
      expect(await codeOf(submit({ idempotencyKey }))).toBe("invalid_request");
    },
  );

  test("255 characters are", async () => {
    expect((await submit({ idempotencyKey: "~ ".repeat(127) + "x" })).replayed).toBe(false);
  });
});

describe("when the connection is lost while a batch is under way", () => {
  test.each([{}, { idempotencyKey: "k" }])("it is sent again and counts once (%o)", async (parts) => {
    await submit();
    await interruptible(async (gate) => {
      const asked = Array.from({ length: 5 }, () =>
        submit("idempotencyKey" in parts ? { idempotencyKey: `k${Math.random()}` } : {}),
      );
      await gate.reached();
      await sql(`select pg_terminate_backend(pid) from pg_stat_activity where ${accepting} and state = 'active'`);
      await gate.open();
      const answers = await Promise.all(asked);
      expect(answers.every((answer) => !answer.replayed)).toBe(true);
    });
    expect(await runsOf(org.id)).toHaveLength(6);
    expect(await usageOf(org.id)).toBe(6);
  });
});
