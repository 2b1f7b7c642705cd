/**
 * Webhook endpoints: made, looked at, changed, deleted. Each belongs to one environment, has a secret of its own, and is sent what happens there.
 * What is sent, and what came back, is in deliveries-service.ts.
 */
import * as audit from "../audit/service.ts";
import { type EnvironmentScope, requirePermission } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma, type Tx } from "../db.ts";
import { ApiError } from "../errors.ts";
import type { WebhookEndpointModel } from "../generated/prisma/models.ts";
import { newId } from "../ids.ts";
import { calledUrl, urlProblem } from "../outbound/url-rules.ts";
import type { PageQuery } from "../page.ts";
import { toIso, toIsoOrNull } from "../time.ts";
import {
  countEndpoints,
  type EndpointRow,
  findEndpoints,
  lockEndpoint,
  requireEndpoint,
  type Within,
  withContext,
} from "./endpoint-store.ts";
import { endPendingDeliveries } from "./end-pending-store.ts";
import { DEFAULT_EVENT_TYPES, type EventType } from "./event-types.ts";
import { enqueueEndpoint } from "./queue-store.ts";
import type {
  CreatedEndpoint,
  CreateEndpoint,
  EndpointDto,
  EndpointPage,
  RotatedEndpointSecret,
  RotateEndpointSecret,
  UpdateEndpoint,
} from "./schema.ts";
import { addSecret, replaceSecret, sealToken } from "./secret-store.ts";

/** Endpoints of one environment that are sent to. */
const MAX_ACTIVE = 10;
/** Together with those that are disabled: every end of a run writes a row for each. */
const MAX_ENDPOINTS = 50;

const KEEP_HOURS = { "24h": 24, now: 0 } as const;

/** An endpoint in the audit log: by its host, because the rest of a URL may be a secret. */
export function targetOf({ id, url }: Pick<WebhookEndpointModel, "id" | "url">) {
  return { type: "webhook", id, label: new URL(url).host };
}

/** An endpoint as the wire has it. */
export function toEndpoint(row: EndpointRow): EndpointDto {
  const { recovery } = row;
  return {
    id: row.id,
    url: row.url,
    environment: row.environment,
    events: row.events as EventType[],
    description: row.description,
    active: row.active,
    ...(row.disabledReason === null ? {} : { disabled_reason: row.disabledReason }),
    ...(row.disabledAt === null ? {} : { disabled_at: toIso(row.disabledAt) }),
    ...(row.failingSince === null ? {} : { failing_since: toIso(row.failingSince) }),
    ...(recovery === null
      ? {}
      : {
          recovery: {
            since: toIso(recovery.since),
            until: toIso(recovery.until),
            matched: recovery.matched,
            recovered: recovery.recovered,
            created_at: toIso(recovery.createdAt),
          },
        }),
    auth_token_configured: row.authToken !== null,
    ...(row.oldSecrets.length === 0
      ? {}
      : {
          old_secrets: row.oldSecrets.map(({ createdAt, expiresAt }) => ({
            created_at: toIso(createdAt),
            expires_at: toIso(expiresAt!),
          })),
        }),
    created_at: toIso(row.createdAt),
    updated_at: toIso(row.updatedAt),
    ...(row.deletedAt === null ? {} : { deleted_at: toIso(row.deletedAt) }),
  };
}

async function toOneEndpoint(row: WebhookEndpointModel, tx?: Tx): Promise<EndpointDto> {
  const [whole] = await withContext(row.orgId, [row], tx);
  return toEndpoint(whole!);
}

/** The URL as it is stored, shown and called. Throws 400 `url_not_allowed`. */
function requireUrl(typed: string): string {
  const problem = urlProblem(typed) ?? urlProblem(calledUrl(typed));
  if (problem === null) return calledUrl(typed);
  throw new ApiError("url_not_allowed", `url: ${problem}`, { details: [{ path: "url", message: problem }] });
}

function refuseEleventh(active: number): void {
  if (active < MAX_ACTIVE) return;
  const message = `The environment has ${MAX_ACTIVE} active webhooks: disable or delete one`;
  throw new ApiError("webhook_limit_reached", message);
}

function refuseTooMany(all: number): void {
  if (all < MAX_ENDPOINTS) return;
  const message = `The environment has ${MAX_ENDPOINTS} webhooks, with those that are disabled: delete one`;
  throw new ApiError("webhook_limit_reached", message);
}

/**
 * Creates an endpoint. Its secret is in this answer only. Throws 400 `url_not_allowed`, and 409 `webhook_limit_reached` for the eleventh active
 * one: however many are created at once, the limit holds.
 */
export async function createEndpoint(scope: EnvironmentScope, input: CreateEndpoint): Promise<CreatedEndpoint> {
  requirePermission(scope, "webhooks:manage");
  const url = requireUrl(input.url);
  const { orgId, environmentId } = scope;
  return prisma().$transaction(async (tx) => {
    const { active, all } = await countEndpoints(tx, scope);
    refuseEleventh(active);
    refuseTooMany(all);
    const id = newId();
    const token = input.auth_token ?? null;
    const row = await tx.webhookEndpoint.create({
      data: {
        orgId,
        id,
        environmentId,
        url,
        events: input.events ?? [...DEFAULT_EVENT_TYPES],
        description: input.description ?? null,
        authToken: token === null ? null : sealToken(token, orgId, id),
      },
    });
    const secret = await addSecret(tx, orgId, id);
    await audit.record(tx, scope, {
      action: "webhook.create",
      target: targetOf(row),
      details: { environment: scope.environmentSlug, events: row.events },
    });
    return { ...(await toOneEndpoint(row, tx)), secret };
  });
}

/** A page of endpoints, newest first: those that were not deleted, or with `deleted` those that were. */
export async function listEndpoints(
  scope: Within,
  query: PageQuery,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<EndpointPage> {
  requirePermission(scope, "webhooks:read");
  const before = idOfCursor(query.cursor);
  const rows = await findEndpoints(scope, { before, limit: query.limit, deleted });
  return toPage(await withContext(scope.orgId, rows), query.limit, toEndpoint);
}

/** One endpoint. Throws 404, also for a deleted one, but with `deleted`. */
export async function getEndpoint(
  scope: Within,
  id: string,
  options: { deleted?: boolean } = {},
): Promise<EndpointDto> {
  requirePermission(scope, "webhooks:read");
  return toOneEndpoint(await requireEndpoint(scope, id, options));
}

/** The columns that a change sets; none where it changes nothing. */
function changesOf(before: WebhookEndpointModel, input: UpdateEndpoint) {
  const { url, events, description, auth_token: token, active } = input;
  const changes = {
    // Whether the old one's receiver failed says nothing of the new one's.
    ...(url === undefined || url === before.url ? {} : { url, failingSince: null }),
    ...(events === undefined || events.join() === before.events.join() ? {} : { events }),
    ...(description === undefined || description === before.description ? {} : { description }),
    ...(token === undefined ? {} : { authToken: token === null ? null : sealToken(token, before.orgId, before.id) }),
    ...(active === undefined || active === before.active
      ? {}
      : active
        ? { active, disabledReason: null, disabledAt: null, failingSince: null }
        : { active, disabledReason: "by_hand" as const, disabledAt: new Date() }),
  };
  return Object.keys(changes).length === 0 ? null : { ...changes, updatedAt: new Date() };
}

/**
 * Changes what is named. `active: false` ends what is waiting as FAILED; `active: true` enables whatever had disabled it. Throws 404,
 * 400 `url_not_allowed`, and 409 `webhook_limit_reached` where it would be the eleventh active one.
 */
export async function updateEndpoint(scope: Within, id: string, input: UpdateEndpoint): Promise<EndpointDto> {
  requirePermission(scope, "webhooks:manage");
  const { orgId, environmentId } = await requireEndpoint(scope, id);
  const changed = input.url === undefined ? input : { ...input, url: requireUrl(input.url) };
  const endpoint = await prisma().$transaction(async (tx) => {
    const count = input.active ? await countEndpoints(tx, { orgId, environmentId }) : null;
    const before = await lockEndpoint(tx, orgId, id);
    if (count && !before.active) refuseEleventh(count.active);
    const data = changesOf(before, changed);
    if (data === null) return toOneEndpoint(before, tx);
    const row = await tx.webhookEndpoint.update({ where: { orgId_id: { orgId, id } }, data });
    if (before.active && !row.active) await enqueueEndpoint(tx, orgId, id);
    await audit.record(tx, scope, {
      action: "webhook.update",
      target: targetOf(row),
      details: { fields: Object.keys(input), events: row.events, active: row.active },
    });
    return toOneEndpoint(row, tx);
  });
  if (input.active === false) await endPendingDeliveries(orgId, id);
  return endpoint;
}

/** Deletes an endpoint: its secrets are gone, what was to be sent is canceled, its history stays. Throws 404. */
export async function removeEndpoint(scope: Within, id: string): Promise<void> {
  requirePermission(scope, "webhooks:manage");
  const { orgId } = await requireEndpoint(scope, id);
  await prisma().$transaction(async (tx) => {
    const row = await lockEndpoint(tx, orgId, id);
    await tx.webhookEndpoint.update({
      where: { orgId_id: { orgId, id } },
      data: { deletedAt: new Date(), updatedAt: new Date(), authToken: null },
    });
    await tx.webhookSecret.deleteMany({ where: { orgId, endpointId: id } });
    await enqueueEndpoint(tx, orgId, id);
    await audit.record(tx, scope, { action: "webhook.delete", target: targetOf(row) });
  });
  await endPendingDeliveries(orgId, id);
}

/**
 * Makes a new secret. The old one signs beside it for 24 hours, or ends now. The new one is in this answer only. Throws 404, and 409 `conflict` where
 * as many old ones are kept as can be.
 */
export async function rotateSecret(
  scope: Within,
  id: string,
  input: RotateEndpointSecret,
): Promise<RotatedEndpointSecret> {
  requirePermission(scope, "webhooks:manage");
  const { orgId } = await requireEndpoint(scope, id);
  return prisma().$transaction(async (tx) => {
    const row = await lockEndpoint(tx, orgId, id);
    const { secret, oldExpiresAt } = await replaceSecret(tx, orgId, id, KEEP_HOURS[input.keep_old]);
    await audit.record(tx, scope, {
      action: "webhook.rotate_secret",
      target: targetOf(row),
      details: { keep_old: input.keep_old },
    });
    return { secret, old_secret_expires_at: toIsoOrNull(oldExpiresAt) };
  });
}

/** For routes: finds what the path names. Throws 404, also for a deleted one, but with `deleted`. */
export function findEndpoint(scope: Within, id: string, options: { deleted?: boolean } = {}): Promise<unknown> {
  return requireEndpoint(scope, id, options);
}
