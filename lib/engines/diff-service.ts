/** How two versions of an engine differ, and what publishing its draft would do. Nothing is written here. */
import { setImmediate } from "node:timers/promises";
import { type OrgScope, requirePermission } from "../auth/principal.ts";
import { notFound } from "../errors.ts";
import { toIso } from "../time.ts";
import { diffConfigs } from "./config-diff.ts";
import { withConfigRoom } from "./config-room.ts";
import { contractOf } from "./contract.ts";
import { compareContracts } from "./contract-compare.ts";
import type { DiffQuery, EngineDiff, PublishPreview } from "./diff-schema.ts";
import type { JsonValue } from "./evaluate-json.ts";
import { mintVersion } from "./minting.ts";
import { draftOf, findEngine, loadDraft } from "./service.ts";
import { type EngineRow, findVersion, latestVersion, storedBytes, type StoredConfig } from "./store.ts";
import { validateConfig } from "./validation-service.ts";
import { formatVersion, parseVersion } from "./version-number.ts";

type Side = { name: string; config: JsonValue };

/** One side of a comparison. Throws 404 for a version that is not there, and for a draft where there is none. */
async function sideOf(scope: OrgScope, engine: EngineRow, stored: StoredConfig): Promise<Side> {
  if (stored === "draft") {
    const config = draftOf(await loadDraft(engine));
    if (config === null) throw notFound("Draft");
    return { name: stored, config: config as JsonValue };
  }
  const row = await (stored === "latest" ? latestVersion(scope, engine.id) : findVersion(scope, engine.id, stored));
  if (!row) throw notFound("Version");
  return { name: formatVersion(row), config: row.config as JsonValue };
}

function storedBy(name: string): StoredConfig {
  const stored = name === "draft" || name === "latest" ? name : parseVersion(name);
  if (!stored) throw notFound("Version");
  return stored;
}

/**
 * The difference of two versions, or of a version and the draft, and whether callers of the first could go on with the second. Throws 403 without
 * `engines:manage`, 404, and 503 where there is no room.
 */
export async function diffEngine(scope: OrgScope, slug: string, { from, to }: DiffQuery): Promise<EngineDiff> {
  requirePermission(scope, "engines:manage");
  const engine = await findEngine(scope, slug);
  const sides = [storedBy(from), storedBy(to)] as const;
  return withConfigRoom(
    scope,
    () => storedBytes(engine, sides),
    async () => compareSides(engine, await sideOf(scope, engine, sides[0]), await sideOf(scope, engine, sides[1])),
  );
}

async function compareSides({ slug, type }: EngineRow, before: Side, after: Side): Promise<EngineDiff> {
  const old = contractOf(type, before.config);
  await nextTurn();
  const compared = compareContracts(old, contractOf(type, after.config));
  await nextTurn();
  const diff = diffConfigs(before.config, after.config);
  await nextTurn();
  return { engine: slug, from: before.name, to: after.name, ...compared, diff };
}

/** Lets others go on between parts that take a while for the largest configs. */
const nextTurn = () => setImmediate();

const EMPTY_DIFF = { nodes: [], edges: [], other: [], total: 0 };

/**
 * Whether the draft can be published, the version that it would become and why, and what differs from the newest one; the same checks as publishing.
 * Throws 403, 404, and 503 where there is no room or too many configs of the organization are being validated.
 */
export async function previewPublication(scope: OrgScope, slug: string): Promise<PublishPreview> {
  requirePermission(scope, "engines:manage");
  const engine = await findEngine(scope, slug);
  return withConfigRoom(
    scope,
    () => storedBytes(engine, ["draft", "latest"]),
    () => preview(scope, engine),
  );
}

async function preview(scope: OrgScope, found: EngineRow): Promise<PublishPreview> {
  const engine = await loadDraft(found);
  const draft = draftOf(engine);
  const [{ valid, problems }, latest] = await Promise.all([
    validateConfig(scope, engine.type, draft),
    latestVersion(scope, engine.id),
  ]);
  const minted = valid ? mintVersion(engine.type, latest, draft) : null;
  await nextTurn();
  return {
    valid,
    problems,
    version: minted && formatVersion(minted.number),
    change: minted && minted.change,
    reasons: minted?.reasons ?? [],
    follows: latest && formatVersion(latest),
    diff: latest && draft ? diffConfigs(latest.config as JsonValue, draft as JsonValue) : EMPTY_DIFF,
    draft_updated_at: toIso(engine.draftUpdatedAt),
    draft_updated_by: engine.draftUpdatedBy,
  };
}
