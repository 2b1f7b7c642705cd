/**
 * Pins, from the request to the recorded output: which version a run gets, that it is decided when the run is accepted, and that a pinned environment
 * gives the same bytes however much is published later.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pino } from "pino";
import { openWorkerPools } from "../../lib/worker/database.ts";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import { startExecution } from "../../lib/worker/execution.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createKey,
  createOrganization,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { expressionGraph } from "../fixtures/graphs.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { until } from "../fixtures/processes.ts";
import { haveEnded } from "./runs.ts";

const INPUT = { amount: 1234.5, name: "Größe ✓" };
/** Answers its input and something that is different in every version. */
const answering = (mark: string, field = "mark") =>
  expressionGraph({ [field]: `"${mark}"`, twice: "amount * 2", name: "name", "nested.at": `[amount, "${mark}"]` });

forEachHost(["server"], (host) => {
  let organization: TestOrganization;
  let stop: (() => Promise<void>) | undefined;
  const keys: Record<string, TestKey> = {};

  const call = (method: string, path: string, body?: unknown, environment = "live") =>
    callApi(host, keys[environment]!.key, method, path, body);
  const pin = (environment: string, pins: object) => call("PATCH", `/environments/${environment}`, pins);

  async function publish(config: object, slug = "rates"): Promise<string> {
    await call("PUT", `/engines/${slug}/config`, { config });
    const { status, body } = await call("POST", `/engines/${slug}/versions`, {});
    expect(status).toBe(201);
    return body.version as string;
  }

  async function submit(environment: string, more: object = {}, slug = "rates"): Promise<string> {
    const { status, body } = await call("POST", `/engines/${slug}/runs`, { input: INPUT, ...more }, environment);
    expect({ status, body }).toMatchObject({ status: 202 });
    return body.run_id as string;
  }

  /** The recorded outputs, byte for byte, with the versions that the runs say they had. */
  async function outcomes(environment: string, ids: readonly string[]) {
    await until("the runs to end", () => haveEnded(ids));
    return Promise.all(
      ids.map(async (id) => {
        const [row] = await sql<{ body: string }>(
          "select body from run_payload where run_id = $1 and kind = 'output'",
          [id],
        );
        const { body } = await call("GET", `/runs/${id}`, undefined, environment);
        return { version: body.engine_version as string, bytes: row!.body };
      }),
    );
  }

  const outcome = async (environment: string, more: object = {}) =>
    (await outcomes(environment, [await submit(environment, more)]))[0]!;

  const versionOf = async (more: object = {}) => (await outcome("every", more)).version;
  const submitted = (version: string) =>
    call("POST", "/engines/rates/runs", { input: INPUT, engine_version: version }, "every");

  function startWorker(): void {
    const pools = openWorkerPools();
    const evaluators = createEvaluatorPool({ mayEvaluate: () => execution.mayEvaluate() });
    const execution = startExecution({ pools, evaluators, log: pino({ level: "silent" }) });
    stop = async () => {
      await execution.stop(0, 60_000);
      await pools.close();
    };
  }

  beforeEach(async () => {
    organization = await createOrganization();
    keys["live"] = await createKey(organization.live);
    for (const slug of ["exact", "minors", "every"]) {
      keys[slug] = await createKey(await createEnvironment(organization, slug));
    }
    for (const slug of ["rates", "other"]) {
      await call("POST", "/engines", { slug, name: slug, type: "entity_analysis" });
    }
  });

  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });

  it("an environment pinned to 1.3 gives the same bytes after ten later publications, majors among them; one pinned to 1.x those of the newest 1", async () => {
    startWorker();
    for (const minor of ["1.0", "1.1", "1.2", "1.3"]) expect(await publish(answering(minor))).toBe(minor);
    await pin("exact", { engine_pins: { rates: "1.3" } });
    await pin("minors", { engine_pins: { rates: "1.x" } });
    const first = await outcome("exact");
    expect(first.version).toBe("1.3");
    expect(first.bytes).toContain("1.3");

    const published: string[] = [];
    let newestOne = await outcome("minors");
    expect(newestOne).toEqual(first);
    for (const [index, field] of [
      "mark",
      "mark",
      "mark",
      "word",
      "word",
      "text",
      "text",
      "mark",
      "mark",
      "last",
    ].entries()) {
      const version = await publish(answering(`later ${index}`, field));
      published.push(version);
      expect(await outcome("exact")).toEqual(first);
      const following = await outcome("minors");
      if (version.startsWith("1.")) {
        expect(following.version).toBe(version);
        expect(following.bytes).toContain(`later ${index}`);
        newestOne = following;
      }
      expect(following).toEqual(newestOne);
      expect((await outcome("live")).version).toBe(version);
    }
    expect(published).toEqual(["1.4", "1.5", "1.6", "2.0", "2.1", "3.0", "3.1", "4.0", "4.1", "5.0"]);
  });

  it("the run's own version goes before the pin of its engine, that before the pin of all engines, that before the newest", async () => {
    startWorker();
    for (const mark of ["a", "b", "c"]) await publish(answering(mark));
    await publish(answering("d", "word"));
    await publish(answering("a"), "other");
    await publish(answering("b"), "other");

    expect(await versionOf()).toBe("2.0");
    await pin("every", { pinned_engine_version: "1.0" });
    expect(await versionOf()).toBe("1.0");
    await pin("every", { engine_pins: { rates: "1.x" } });
    expect(await versionOf()).toBe("1.2");
    expect(await versionOf({ engine_version: "1.1" })).toBe("1.1");
    expect(await versionOf({ engine_version: "2.x" })).toBe("2.0");
    const [other] = await outcomes("every", [await submit("every", {}, "other")]);
    expect(other!.version).toBe("1.0");
    await pin("every", { engine_pins: { rates: null } });
    expect(await versionOf()).toBe("1.0");
    await pin("every", { pinned_engine_version: null });
    expect(await versionOf()).toBe("2.0");
  });

  it("is decided when the run is accepted: later pins and publications change nothing of what waits", async () => {
    await publish(answering("a"));
    await publish(answering("b"));
    await pin("exact", { engine_pins: { rates: "1.0" } });
    await pin("minors", { pinned_engine_version: "1.x" });
    const waiting = await Promise.all(["exact", "minors", "live"].map((environment) => submit(environment)));
    const named = await submit("exact", { engine_version: "1.x" });
    await publish(answering("c"));
    await publish(answering("d", "word"));
    await pin("exact", { engine_pins: { rates: "2.0" } });
    await pin("minors", { pinned_engine_version: null });
    startWorker();
    const found = await Promise.all(
      ["exact", "minors", "live"].map(async (environment, n) => (await outcomes(environment, [waiting[n]!]))[0]!),
    );
    expect(found.map(({ version }) => version)).toEqual(["1.0", "1.1", "1.1"]);
    expect(found.map(({ bytes }) => JSON.parse(bytes).output.mark)).toEqual(["a", "b", "b"]);
    expect((await outcomes("exact", [named]))[0]!.version).toBe("1.1");
    expect((await outcome("exact")).version).toBe("2.0");
    expect((await outcome("minors")).version).toBe("2.0");
  });

  describe("what cannot be meant", () => {
    it("is refused when it is no version, in runs and in pins", async () => {
      await publish(answering("a"));
      for (const wrong of ["1", "1.0.0", "latest", "x.1", "01.0", "", "1.X"]) {
        expectRefusal(await submitted(wrong), 400, "invalid_engine_version");
        expectRefusal(await pin("every", { pinned_engine_version: wrong }), 400, "invalid_engine_version");
        expectRefusal(await pin("every", { engine_pins: { rates: wrong } }), 400, "invalid_engine_version");
      }
    });

    it("is unavailable when there is no such version, until there is", async () => {
      await publish(answering("a"));
      expectRefusal(await submitted("1.1"), 409, "engine_version_unavailable");
      await pin("every", { engine_pins: { rates: "2.x" } });
      const refused = await call("POST", "/engines/rates/runs", { input: INPUT }, "every");
      expectRefusal(refused, 409, "engine_version_unavailable");
      expect(await sql("select 1 from run where org_id = $1", [organization.id])).toEqual([]);
      await publish(answering("b", "word"));
      expect((await call("POST", "/engines/rates/runs", { input: INPUT }, "every")).status).toBe(202);
    });
  });
});
