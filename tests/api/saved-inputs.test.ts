/** Saved inputs: kept by engine under names of their own, within limits, for those who may see payloads. */
import { beforeEach, expect, test } from "vitest";
import { isApiError } from "../../lib/errors.ts";
import { CreateSavedInputSchema, UpdateSavedInputSchema } from "../../lib/saved-inputs/schema.ts";
import {
  createSavedInput,
  deleteSavedInput,
  getSavedInput,
  listSavedInputs,
  updateSavedInput,
} from "../../lib/saved-inputs/service.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createOrganization,
  sessionScope,
  type TestEngine,
  type TestOrganization,
} from "../fixtures/factories.ts";

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

const developer = () => sessionScope(org, "developer");
const save = (name: string, input = '{"n":1}', offerings?: string) =>
  createSavedInput(developer(), engine.slug, {
    name,
    input_json: input,
    ...(offerings === undefined ? {} : { offerings_json: offerings }),
  });
const change = (id: string, update: object) =>
  updateSavedInput(developer(), engine.slug, id, UpdateSavedInputSchema.parse(update));
const names = async () =>
  (await listSavedInputs(developer(), engine.slug, { limit: 100 })).data.map(({ name }) => name);
async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    if (!isApiError(error)) throw error;
    return `${error.code} ${error.details?.[0]?.path ?? ""}`.trim();
  }
}

const paths = (schema: typeof CreateSavedInputSchema | typeof UpdateSavedInputSchema, value: unknown) =>
  schema.safeParse(value).error?.issues.map((issue) => issue.path.join(".") || issue.code);

const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const text = (length: number) => JSON.stringify("x".repeat(length));

test("are saved, listed, read, renamed, overwritten and deleted", async () => {
  const saved = await save("large company", '{"country":"DE"}', '[{"id":"o-1"}]');
  expect(await getSavedInput(developer(), engine.slug, saved.id)).toEqual(saved);
  expect(saved).toMatchObject({
    name: "large company",
    input_json: '{"country":"DE"}',
    offerings_json: '[{"id":"o-1"}]',
  });
  await save("nothing", "null");
  expect(await names()).toEqual(["large company", "nothing"]);
  expect(JSON.stringify(await listSavedInputs(developer(), engine.slug, { limit: 100 }))).not.toContain("DE");

  expect(await change(saved.id, { name: "small company" })).toMatchObject({ input_json: '{"country":"DE"}' });
  const overwritten = await change(saved.id, { input_json: '{"country":"FR"}' });
  expect(overwritten).toMatchObject({ name: "small company", input_json: '{"country":"FR"}' });
  expect(overwritten).not.toHaveProperty("offerings_json");
  await deleteSavedInput(developer(), engine.slug, saved.id);
  expect(await names()).toEqual(["nothing"]);
  expect(await refusalOf(getSavedInput(developer(), engine.slug, saved.id))).toBe("not_found");
  expect(await refusalOf(deleteSavedInput(developer(), engine.slug, saved.id))).toBe("not_found");
});

test("come back as they were written: digits, order, equal names and white space", async () => {
  const input = '{ "b": 12345678901234567890,\n  "a": 1.000000000000000000001, "a": 1e2, "ü": "\\u00fc", "input": {} }';
  const offerings = "[0.10,\n 2]";
  const saved = await save("exact", ` ${input}\n`, offerings);
  expect(saved).toMatchObject({ input_json: input, offerings_json: offerings });
  expect(await getSavedInput(developer(), engine.slug, saved.id)).toEqual(saved);
  expect(await change(saved.id, { name: "still exact" })).toMatchObject({ input_json: input });
});

test("what is no JSON, or what no run could be given, is not saved", async () => {
  for (const [input, offerings] of [
    ["", undefined],
    ["{", undefined],
    ['1,"offerings":[]', undefined],
    ["1} {", undefined],
    ["1e999", undefined],
    ['"\\u0000"', undefined],
    [deep(65), undefined],
    ["1", "{}"],
    ["1", "[1"],
    ["1", '[],"input":2'],
  ] as const) {
    const field = offerings === undefined ? "input" : "offerings";
    expect(await refusalOf(save("bad", input, offerings)), `${input} ${offerings}`).toContain(
      `invalid_request ${field}`,
    );
  }
  expect(await names()).toEqual([]);
  expect((await save("deep", deep(64))).input_json).toBe(deep(64));
});

test("a name is one saved input's of an engine, and free for another engine", async () => {
  const first = await save("a");
  const second = await save("b");
  expect(await refusalOf(save("a"))).toBe("conflict name");
  expect(await refusalOf(change(second.id, { name: "a" }))).toBe("conflict name");
  expect(await change(first.id, { name: "a", input_json: "2" })).toMatchObject({ input_json: "2" });
  const other = await createEngine(org);
  await createSavedInput(developer(), other.slug, { name: "a", input_json: "1" });
  const racing = await Promise.all(Array.from({ length: 5 }, () => refusalOf(save("c"))));
  expect(racing.toSorted()).toEqual(["conflict name", "conflict name", "conflict name", "conflict name", "none"]);
});

test("another organization's, and another engine's, do not exist", async () => {
  const { id } = await save("a");
  const other = await createEngine(org);
  expect(await refusalOf(getSavedInput(developer(), other.slug, id))).toBe("not_found");
  const stranger = await createOrganization();
  await createEngine(stranger, { slug: engine.slug });
  expect(await refusalOf(getSavedInput(sessionScope(stranger, "owner"), engine.slug, id))).toBe("not_found");
  expect((await listSavedInputs(sessionScope(stranger, "owner"), engine.slug, { limit: 5 })).data).toEqual([]);
});

test("are payloads: who may not see those sees and makes none", async () => {
  const { id } = await save("a");
  const member = sessionScope(org, "member");
  expect(await refusalOf(listSavedInputs(member, engine.slug, { limit: 5 }))).toBe("forbidden");
  expect(await refusalOf(getSavedInput(member, engine.slug, id))).toBe("forbidden");
  expect(await refusalOf(createSavedInput(member, engine.slug, { name: "b", input_json: "1" }))).toBe("forbidden");
  expect(await refusalOf(deleteSavedInput(member, engine.slug, id))).toBe("forbidden");
});

test("have limits: 256 KiB each, 100 an engine, also when many save at once", async () => {
  expect(await refusalOf(save("large", text(262_200)))).toBe("invalid_request input_json");
  const fits = await save("fits", text(262_000));
  expect(await refusalOf(change(fits.id, { input_json: text(262_200) }))).toBe("invalid_request input_json");
  await sql(
    `insert into saved_input (org_id, engine_id, id, name, body, created_by_id, created_by)
     select $1, $2, gen_random_uuid(), 'n' || n, '{"input":1}', 'u', 'u' from generate_series(1, 97) n`,
    [org.id, engine.id],
  );
  const racing = await Promise.all([1, 2, 3, 4].map((n) => refusalOf(save(`last ${n}`))));
  expect(racing.toSorted()).toEqual(["conflict", "conflict", "none", "none"]);
});

test("what is saved is checked by field", () => {
  expect(paths(CreateSavedInputSchema, { name: "a" })).toEqual(["input_json"]);
  expect(paths(CreateSavedInputSchema, { name: " ", input_json: "1" })).toEqual(["name"]);
  expect(paths(CreateSavedInputSchema, { name: "a", input_json: "1", offerings_json: {} })).toEqual(["offerings_json"]);
  expect(paths(CreateSavedInputSchema, { name: "a", input_json: "1", engine: "x" })).toEqual(["unrecognized_keys"]);
  expect(paths(UpdateSavedInputSchema, { offerings_json: "[]" })).toEqual(["input_json"]);
  expect(paths(UpdateSavedInputSchema, {})).toBeUndefined();
});

test("every change leaves an event, without what is in them", async () => {
  const { id } = await save("a", '{"secret":"payload"}');
  await change(id, { name: "b" });
  await deleteSavedInput(developer(), engine.slug, id);
  const events = await sql<{ body: string }>("select body from audit_event where org_id = $1 order by seq", [org.id]);
  expect(events.map((event) => (JSON.parse(event.body) as { action: string }).action)).toEqual([
    "saved_input.create",
    "saved_input.update",
    "saved_input.delete",
  ]);
  for (const event of events) expect(event.body).not.toContain("payload");
});
