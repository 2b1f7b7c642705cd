/** Which version each environment runs, as the portal is told: the service, on a real database. */
import { beforeEach, expect, test } from "vitest";
import { updateEnvironment } from "../../lib/environments/service.ts";
import { listPins } from "../../lib/engines/pins-service.ts";
import {
  createEngine,
  createEnvironment,
  createOrganization,
  publishEngineVersion,
  type TestEngine,
  type TestOrganization,
} from "../fixtures/factories.ts";

let organization: TestOrganization;
let engine: TestEngine;

beforeEach(async () => {
  organization = await createOrganization();
  engine = await createEngine(organization, { slug: "rates" });
  await createEngine(organization, { slug: "other" });
  await publishEngineVersion(organization, engine, { major: 1, minor: 1 });
  await publishEngineVersion(organization, engine, { major: 2, minor: 0 });
  for (const slug of ["dev", "qa", "gone"]) await createEnvironment(organization, slug);
});

const pin = (slug: string, pins: Parameters<typeof updateEnvironment>[2]) =>
  updateEnvironment(organization.scope, slug, pins);

test("each environment has its pin, where that comes from, and what it means now", async () => {
  await pin("dev", { pinned_engine_version: "1.0", engine_pins: { rates: "1.x", other: "7.0" } });
  await pin("qa", { pinned_engine_version: "1.0", engine_pins: { other: "1.x" } });
  await pin("gone", { engine_pins: { rates: "3.x" } });
  expect((await listPins(organization.scope, "rates")).data).toEqual([
    { environment: "live", kind: "live", source: "latest", spec: "latest", version: "2.0" },
    { environment: "dev", kind: "environment", source: "engine_pin", spec: "1.x", version: "1.1" },
    { environment: "qa", kind: "environment", source: "environment_pin", spec: "1.0", version: "1.0" },
    { environment: "gone", kind: "environment", source: "engine_pin", spec: "3.x", version: null },
  ]);
});

test("an engine of another organization is none, and pins of another organization are not seen", async () => {
  const other = await createOrganization();
  await expect(listPins(other.scope, "rates")).rejects.toMatchObject({ code: "not_found" });
  await createEngine(other, { slug: "rates" });
  await pin("dev", { engine_pins: { rates: "1.0" } });
  expect((await listPins(other.scope, "rates")).data).toEqual([
    { environment: "live", kind: "live", source: "latest", spec: "latest", version: "1.0" },
  ]);
});
