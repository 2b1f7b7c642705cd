/** What the webhooks pages say and show, without a browser. */
import { describe, expect, it } from "vitest";
import { badDeliveryFilters } from "../../components/webhooks/delivery-filter-params.ts";
import { errorWords, lastResponse } from "../../components/webhooks/delivery-words.ts";
import { endpointPollMs } from "../../components/webhooks/endpoint-poll.ts";
import { formatRate, healthWords, hourWords } from "../../components/webhooks/health-words.ts";
import { mergeNewest } from "../../components/webhooks/merge-deliveries.ts";
import type { DeliveryDto, DeliveryPage } from "../../lib/webhooks/deliveries-schema.ts";

const plain = (text: string) => text.replaceAll(/[\u202f\u00a0]/g, " ");
const row = (id: string, part: Partial<DeliveryDto> = {}) => ({ id, status: "PENDING", ...part }) as DeliveryDto;
const page = (ids: string[], next: string | null = null): DeliveryPage => ({
  data: ids.map((id) => row(id)),
  next_cursor: next,
});

const hour = (
  start: string,
  delivered: number,
  failed: number,
  others: { unattempted?: number; retrying?: number; pending?: number } = {},
) => ({
  start: `2026-11-21T${start}:00.000Z`,
  delivered,
  failed,
  unattempted: 0,
  retrying: 0,
  pending: 0,
  ...others,
});

describe("a page of deliveries, while newer ones come", () => {
  it("changes rows in place, counts new ones and moves none", () => {
    const newest = { data: [row("9"), row("8", { status: "DELIVERED" }), row("7")], next_cursor: null };
    const { rows, fresh } = mergeNewest(page(["8", "7"]), newest);
    expect(rows).toEqual([row("8", { status: "DELIVERED" }), row("7")]);
    expect(fresh).toBe(1);
  });

  it("keeps rows that have slid off a full page, and drops those that the filters no longer fit", () => {
    expect(mergeNewest(page(["8", "7", "6"]), page(["9", "7"], "more")).rows.map(({ id }) => id)).toEqual(["7", "6"]);
    expect(mergeNewest(page(["8", "7"]), page(["8"])).rows.map(({ id }) => id)).toEqual(["8"]);
    expect(mergeNewest(page(["8"]), page([])).rows).toEqual([]);
  });
});

it.each([
  [1, "100 %"],
  [0.9999, "99.9 %"],
  [0.5, "50 %"],
  [0, "0 %"],
])("a rate of %d is %s: nothing but everything is 100 %%", (rate, words) =>
  expect(plain(formatRate(rate))).toBe(words),
);

it("tells the chart in a sentence", () => {
  expect(
    plain(healthWords({ hours: [hour("13:00", 17, 0), hour("14:00", 3, 2)], success_rate: 20 / 22, pending: 0 })),
  ).toBe("Last 24 hours: 90.9 % success, 20 deliveries made, 2 failed, most failures at 14:00 UTC");
  expect(plain(healthWords({ hours: [hour("14:00", 0, 0, { retrying: 3 })], success_rate: 0, pending: 3 }))).toBe(
    "Last 24 hours: 0 % success, 0 deliveries made, 0 failed, 3 tried again after a failure, most failures at 14:00 UTC",
  );
  expect(plain(healthWords({ hours: [hour("14:00", 150, 50)], success_rate: 0.75, sampled: true, pending: 0 }))).toBe(
    "Last 24 hours: about 75 % success, by the newest 200 deliveries of each hour that were attempted, most failures at 14:00 UTC",
  );
  const backlog = { ...hour("14:00", 0, 0, { pending: 200 }), sampled: true as const };
  expect(healthWords({ hours: [backlog], success_rate: null, pending: 508 })).toBe(
    "Last 24 hours: nothing attempted, 508 deliveries pending",
  );
  expect(healthWords({ hours: [hour("14:00", 0, 0, { unattempted: 3 })], success_rate: null, pending: 0 })).toBe(
    "Last 24 hours: nothing attempted, 3 deliveries failed without an attempt",
  );
  expect(healthWords({ hours: [hour("14:00", 0, 0)], success_rate: null, pending: 0 })).toBe(
    "Nothing was sent in the last 24 hours",
  );
  expect(hourWords(hour("14:00", 20, 3))).toBe("14:00 UTC: 20 delivered, 3 failed");
  expect(hourWords(hour("14:00", 0, 0, { retrying: 1, pending: 2 }))).toBe(
    "14:00 UTC: 1 tried again after a failure, 2 pending",
  );
  expect(hourWords(hour("14:00", 0, 0, { unattempted: 2 }))).toBe("14:00 UTC: 2 failed without an attempt");
  expect(hourWords({ ...hour("14:00", 200, 0, { pending: 200 }), sampled: true })).toBe(
    "14:00 UTC: 200 delivered, 200 pending; no more than 200 are counted that were attempted, and that were not",
  );
  expect(hourWords(hour("14:00", 0, 0))).toBe("14:00 UTC: nothing sent");
});

it("reads an endpoint anew each second while a test event, or what else was made last, is on its way, and not for as long as it is retried", () => {
  const nowMs = Date.parse("2026-11-21T12:00:00.000Z");
  const made = (secondsAgo: number, status: "PENDING" | "DELIVERED") => ({
    health: {
      last_delivery: { id: "1", status, created_at: new Date(nowMs - secondsAgo * 1_000).toISOString() },
    },
  });
  expect(endpointPollMs(made(1, "PENDING"), nowMs)).toBe(1_000);
  expect(endpointPollMs(made(60, "PENDING"), nowMs)).toBe(10_000);
  expect(endpointPollMs(made(1, "DELIVERED"), nowMs)).toBe(10_000);
  expect(endpointPollMs(undefined, nowMs)).toBe(10_000);
});

it("says how a delivery went in a few words, and tells codes that it does not know as they are", () => {
  expect(lastResponse(row("1"))).toBeUndefined();
  expect(lastResponse(row("1", { last_status_code: 204 }))).toBe("204");
  expect(lastResponse(row("1", { last_status_code: 500, last_error: "http_status" }))).toBe("500");
  expect(lastResponse(row("1", { last_error: "timeout" }))).toBe("No answer in 15 s");
  expect(lastResponse(row("1", { last_status_code: 410, last_error: "endpoint_disabled" }))).toBe("Endpoint disabled");
  expect(errorWords("new_code").short).toBe("new code");
});

it("finds filters in an address that make no sense", () => {
  const params = new URLSearchParams(
    "status=FAILED,LOST&event=run.failed&created=soon&endpoint=mine&run=42&event_id=evt_1",
  );
  expect(badDeliveryFilters((name) => params.get(name)).map(({ name }) => name)).toEqual([
    "status",
    "created",
    "endpoint",
    "run",
    "event_id",
  ]);
});
