/** Versions of engines through the public API: how they differ, and what publishing would do. */
import { beforeEach, describe, expect, it } from "vitest";
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

const summary = ({ status, body }: Awaited<ReturnType<typeof callApi>>) => ({
  status,
  from: body.from,
  to: body.to,
  compatibility: body.compatibility,
  reasons: body.reasons.map(({ path }: { path: string }) => path),
  changes: body.diff.nodes.flatMap(({ changes }: { changes: { kind: string; label: string }[] }) =>
    changes.map(({ kind, label }) => `${kind} ${label}`),
  ),
});

/** A rule of so many cells that are no texts. */
const wrongRule = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`c${n}`, 1]));

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let live: TestKey;

  const call = (method: string, path: string, body?: unknown, key: TestKey = live) =>
    callApi(host, key.key, method, path, body);
  const save = (fields: Record<string, string>) =>
    call("PUT", "/engines/rates/config", { config: expressionGraph(fields) });
  const publish = async (fields: Record<string, string>) => {
    await save(fields);
    return (await call("POST", "/engines/rates/versions", { changelog: "c" })).body;
  };
  const diff = (search: string, key?: TestKey) => call("GET", `/engines/rates/diff${search}`, undefined, key);
  const preview = () => call("GET", "/engines/rates/publish-preview");

  beforeEach(async () => {
    organization = await createOrganization();
    live = await createKey(organization.live);
    await call("POST", "/engines", { slug: "rates", name: "Rates", type: "entity_analysis" });
  });

  describe("the difference", () => {
    beforeEach(async () => {
      await publish({ rate: "1", fee: "2" });
      await publish({ rate: "1.5", fee: "2" });
      await publish({ rate: "1.5" });
      await save({ rate: "1.5", cost: "3" });
    });

    it("of any two versions, in either direction, and of one and the draft", async () => {
      expect(summary(await diff("?from=1.0&to=1.1"))).toEqual({
        status: 200,
        from: "1.0",
        to: "1.1",
        compatibility: "compatible",
        reasons: [],
        changes: ["changed rate"],
      });
      expect(summary(await diff("?from=1.1&to=2.0"))).toMatchObject({
        compatibility: "breaking",
        reasons: ["fee"],
        changes: ["removed fee"],
      });
      expect(summary(await diff("?from=2.0&to=1.0"))).toMatchObject({
        compatibility: "compatible",
        changes: ["changed rate", "added fee"],
      });
      expect(summary(await diff("?from=1.0&to=draft"))).toMatchObject({ to: "draft", reasons: ["fee"] });
      expect(summary(await diff("?from=draft&to=draft"))).toMatchObject({ changes: [] });
    });

    it("is from the newest version to the draft where nothing is said", async () => {
      expect(summary(await diff(""))).toMatchObject({ from: "2.0", to: "draft", changes: ["added cost"] });
      expect(summary(await diff("?from=1.1&to=latest"))).toMatchObject({ from: "1.1", to: "2.0" });
    });

    it("of what is not there is not found, and of what is no version is refused", async () => {
      expectRefusal(await diff("?from=1.9"), 404, "not_found");
      expectRefusal(await diff("?to=3.0"), 404, "not_found");
      expectRefusal(await diff("?from=01.0"), 404, "not_found");
      for (const wrong of ["1", "1.x", "1.0.0", "", "Draft", "%00"])
        expectRefusal(await diff(`?from=${wrong}`), 400, "invalid_request", ["from"]);
      expectRefusal(await diff("?form=1.0"), 400, "invalid_request", ["form"]);
      expectRefusal(await call("GET", "/engines/nope/diff"), 404, "not_found");
      await call("POST", "/engines", { slug: "bare", name: "Bare", type: "entity_analysis" });
      expectRefusal(await call("GET", "/engines/bare/diff"), 404, "not_found");
    });

    it("may be read by keys of other environments", async () => {
      const key = await createKey(await createEnvironment(organization));
      expect((await diff("?from=1.0&to=2.0", key)).status).toBe(200);
    });
  });

  describe("what publishing would do", () => {
    const nothing = { nodes: [], edges: [], other: [], total: 0 };

    it("without a draft is nothing, and why", async () => {
      expect(await preview()).toMatchObject({
        status: 200,
        body: {
          valid: false,
          problems: [{ path: "", code: "draft_missing" }],
          version: null,
          change: null,
          follows: null,
          reasons: [],
          diff: nothing,
          draft_updated_by: null,
        },
      });
    });

    it("is the first version, the next minor, the next major, and that is what publishing does", async () => {
      const steps: [Record<string, string>, string, string | null, string, string[]][] = [
        [{ rate: "1" }, "1.0", null, "first", []],
        [{ rate: "2" }, "1.1", "1.0", "minor", []],
        [{ price: "2" }, "2.0", "1.1", "major", ["rate"]],
        [{ price: "'2'" }, "3.0", "2.0", "major", ["price"]],
      ];
      for (const [fields, version, follows, change, reasons] of steps) {
        const saved = await save(fields);
        const before = await preview();
        expect(before).toMatchObject({
          status: 200,
          body: { valid: true, problems: [], version, follows, change, draft_updated_at: saved.body.updated_at },
        });
        expect(before.body.draft_updated_by).toContain(live.prefix);
        expect(before.body.reasons.map(({ path }: { path: string }) => path)).toEqual(reasons);
        expect(before.body.diff.total > 0).toBe(follows !== null);
        const published = await call("POST", "/engines/rates/versions", {
          expected_updated_at: before.body.draft_updated_at,
        });
        expect(published.body.version).toBe(version);
      }
      expect((await preview()).body).toMatchObject({ version: "3.1", follows: "3.0", diff: nothing });
    });

    it("of a draft with problems is nothing, with the problems and what differs all the same", async () => {
      await publish({ rate: "1" });
      await save({ rate: "1 +" });
      expect(await preview()).toMatchObject({
        status: 200,
        body: {
          valid: false,
          problems: [{ path: "nodes[1].content.expressions[0].value", code: "expression_invalid", node_id: "expr" }],
          version: null,
          follows: "1.0",
          diff: { total: 1 },
        },
      });
    });

    it("of a draft of tens of thousands of wrong cells is nothing, with a hundred problems at most", async () => {
      await publish({ rate: "1" });
      const saveRules = (rules: object[]) => {
        const content = { hitPolicy: "first", inputs: [], outputs: [], rules };
        const node = { id: "t", name: "T", type: "decisionTableNode", content };
        return call("PUT", "/engines/rates/config", { config: { nodes: [node], edges: [] } });
      };
      await saveRules([wrongRule(80_000)]);
      expect((await preview()).body).toMatchObject({
        valid: false,
        version: null,
        problems: [{ path: "nodes[0].content.rules[0]", message: "The value has more than 1000 entries" }],
      });
      await saveRules(Array.from({ length: 80 }, () => wrongRule(1_000)));
      const { body } = await preview();
      expect(body).toMatchObject({ valid: false, version: null });
      expect(body.problems).toHaveLength(100);
      expect(body.problems[0]).toEqual({
        path: "nodes[0].content.rules[0].c0",
        code: "invalid_shape",
        message: "The value must be of type string, not number",
        node_id: "t",
      });
      expect(await call("POST", "/engines/rates/config/validate", {})).toMatchObject({
        status: 200,
        body: { valid: false, problems: body.problems },
      });
      expectRefusal(await call("POST", "/engines/rates/versions", {}), 422, "unprocessable");
      expect((await diff("")).body).toMatchObject({ compatibility: "compatible", reasons: [] });
    });

    it("of an engine that is a service is a minor version, whatever its config says", async () => {
      await call("POST", "/engines", { slug: "remote", name: "Remote", type: "http" });
      const put = (config: object) => call("PUT", "/engines/remote/config", { config });
      await put({ url: "https://engine.example.com/v1" });
      expect((await call("POST", "/engines/remote/versions", {})).body.version).toBe("1.0");
      await put({ url: "https://engine.example.com/v2", callback_timeout_ms: 60_000 });
      const { body } = await call("GET", "/engines/remote/publish-preview");
      expect(body).toMatchObject({ valid: true, version: "1.1", change: "minor", diff: { nodes: [], total: 2 } });
      expect(body.diff.other).toEqual([
        {
          kind: "changed",
          subject: "value",
          path: "url",
          label: "url",
          before: "https://engine.example.com/v1",
          after: "https://engine.example.com/v2",
        },
        {
          kind: "added",
          subject: "value",
          path: "callback_timeout_ms",
          label: "callback_timeout_ms",
          after: 60_000,
        },
      ]);
    });

    it("writes nothing", async () => {
      await publish({ rate: "1" });
      const before = await sql("select count(*) from audit_event where org_id = $1", [organization.id]);
      await preview();
      await diff("");
      expect(await sql("select count(*) from audit_event where org_id = $1", [organization.id])).toEqual(before);
      expect(await sql("select 1 from engine_version where org_id = $1", [organization.id])).toHaveLength(1);
    });
  });
});
