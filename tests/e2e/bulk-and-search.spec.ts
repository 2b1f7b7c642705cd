/** Many runs at once: a search by value with its progress, selecting, canceling what is selected and what matches. */
import type { Page } from "@playwright/test";
import { neverEndingGraph } from "../fixtures/graphs.ts";
import { newKey, publish } from "./fixtures/program.ts";
import { expect, test } from "./fixtures/test.ts";

const rows = (page: Page) => page.getByRole("table", { name: "Runs" }).locator("tbody tr");
const bar = (page: Page) => page.getByRole("region", { name: "Bulk operations" });

/** Sends runs from the portal; returns their ids, oldest first. */
async function sendFromPortal(page: Page, inputs: readonly unknown[], engine = "company-check", tags: string[] = []) {
  const ids: string[] = [];
  for (const input of inputs) {
    const response = await page.request.post("/api/runs", { data: { engine, input, tags } });
    expect(response.status(), await response.text()).toBe(202);
    ids.push(((await response.json()) as { run_id: string }).run_id);
  }
  return ids;
}

test("a value is searched for from the box, survives reload, and can be left; no request has it in its address", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  const countries = ["DE", "FR", "DE", "PL"];
  const ids = await sendFromPortal(
    page,
    countries.map((country, n) => ({ company: { country }, n })),
  );
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  await page.goto("/runs");
  const box = page.getByRole("searchbox", { name: "Run id, tag or value" });
  await box.fill("input.company.country:DE");
  await box.press("Enter");
  const search = page.getByRole("region", { name: "Search by value" });
  await expect(search).toContainText("2 runs found · all 4 looked through");
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first().locator("a")).toHaveAttribute("data-run-link", ids[2]!);
  await expect(page.getByRole("button", { name: /^Cancel all/ })).toHaveAccessibleDescription(/no filter/);
  await page.reload();
  await expect(search).toContainText("2 runs found");
  await page.getByRole("button", { name: "Engine" }).click();
  await page.getByRole("menuitemradio", { name: /loan-placement/ }).click();
  await expect(search).toContainText("No run has this value");
  await page.goBack();
  await expect(search).toContainText("2 runs found");
  await search.getByRole("button", { name: "Leave the search" }).click();
  await expect(rows(page)).toHaveCount(4);
  await page.goBack();
  await expect(search).toContainText("2 runs found");
  expect(addresses.filter((address) => new URL(address).search.includes("country"))).toEqual([]);
  await box.fill("input.company.country:");
  await box.press("Enter");
  await expect(page.getByRole("search").getByRole("alert")).toContainText("needs a value");
});

test("a search is stopped and goes on, and says when it fails", async ({ page, people, login, problems }) => {
  problems.allow(/Failed to load resource/);
  await login(people.owner, "/api-keys");
  await sendFromPortal(page, [{ n: 1 }, { n: 2 }]);
  // Parts of one run each, as they would be among very many; the second waits until it is let through.
  let part = 0;
  const { promise: released, resolve: letGo } = Promise.withResolvers<void>();
  await page.route("**/api/runs/search*", async (route) => {
    part += 1;
    if (part === 2) await released;
    if (part === 3)
      return route.fulfill({ status: 503, json: { code: "overloaded", message: "Too busy", request_id: "x" } });
    const response = await route.fetch();
    const body = (await response.json()) as Record<string, unknown>;
    const last = part >= 4;
    return route
      .fulfill({ json: { ...body, matches: [], scanned: part, of: 4, done: last, next_cursor: last ? null : "x" } })
      .catch(() => {});
  });
  await page.goto("/runs#find=input.n:1");
  const search = page.getByRole("region", { name: "Search by value" });
  await expect(search).toContainText("1 of 4 looked through");
  await expect(search.getByRole("progressbar")).toHaveAttribute("value", "1");
  await search.getByRole("button", { name: "Stop" }).click();
  await expect(search).toContainText("stopped");
  letGo();
  await search.getByRole("button", { name: "Go on" }).click();
  await expect(search.getByRole("alert")).toContainText("Too busy");
  await page.unroute("**/api/runs/search*");
  await page.goto("/runs");
  await expect(page.locator("[data-connection=live]")).toBeVisible();
  // As when a link is pasted into the address of the open page.
  await page.goto("/runs#find=input.n:1");
  await expect(search).toContainText("1 run found");
});

test("selected runs are canceled together, and the bar tells how far it is on every page", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  await publish(api, await newKey(page), "slow", neverEndingGraph(), { timeoutMs: 60_000 });
  await sendFromPortal(page, [{}, {}, {}], "slow");
  const [ended] = await sendFromPortal(page, [{ a: 1 }]);
  await page.goto("/runs");
  await expect(rows(page)).toHaveCount(4);
  await expect(rows(page).filter({ hasText: "company-check" })).toContainText(/COMPLETED|FAILED/);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page
    .getByRole("checkbox", { name: /^Select run/ })
    .nth(2)
    .check();
  await expect(page.getByText("3 runs selected")).toBeVisible();
  await page.getByRole("button", { name: "Cancel selected" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel 2 runs in live" });
  await expect(dialog).toContainText("1 selected run ended already");
  await dialog.getByRole("button", { name: "Cancel 2 runs" }).click();
  await expect(bar(page)).toContainText("Canceled 2 runs in live");
  await expect(rows(page).filter({ hasText: "CANCELED" })).toHaveCount(2);
  expect(ended).toBeDefined();
  await page.goto("/engines");
  await expect(bar(page)).toContainText("Canceled 2 runs in live");
  await bar(page).getByRole("button", { name: "Dismiss" }).click();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Engines" })).toBeVisible();
  await expect(bar(page)).toHaveCount(0);
});

test("everything that matches is canceled after the environment's name is typed, and nothing else", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  await publish(api, await newKey(page), "slow", neverEndingGraph(), { timeoutMs: 60_000 });
  await sendFromPortal(page, [{}, {}, {}], "slow", ["nightly"]);
  const [other] = await sendFromPortal(page, [{}], "slow");
  await page.goto("/runs?tag=nightly");
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole("button", { name: "Cancel all that match…" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel runs in live" });
  await expect(dialog).toContainText("3 runs that wait or are being executed");
  await expect(dialog).toContainText("tag nightly");
  await dialog.getByRole("textbox", { name: "Type live to confirm" }).fill("live");
  await dialog.getByRole("button", { name: "Cancel runs" }).click();
  await expect(bar(page)).toContainText("Canceled 3 runs in live");
  await expect(rows(page).filter({ hasText: "CANCELED" })).toHaveCount(3);
  const left = (await (await page.request.get(`/api/runs/${other}`)).json()) as { status: string };
  expect(["PENDING", "RUNNING"]).toContain(left.status);
  await page.request.post("/api/runs/cancel", { data: { all: true } });
});

test("what may not be done says why: all environments, a role without the permission, runs that have ended", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  await sendFromPortal(page, [{ a: 1 }]);
  await page.goto("/runs?environment=all");
  const cancel = page.getByRole("button", { name: /^Cancel all/ });
  await expect(cancel).toHaveAccessibleDescription(/read-only/);
  await expect(page.getByRole("button", { name: "New run" })).toHaveAccessibleDescription(/read-only/);
  await page.goto("/runs?status=FAILED");
  await expect(cancel).toHaveAccessibleDescription(/have ended/);
  await login(people.viewer, "/runs");
  await expect(cancel).toHaveAccessibleDescription(/runs:write/);
  const box = page.getByRole("searchbox", { name: "Run id, tag or value" });
  await box.fill("input.a:1");
  await box.press("Enter");
  await expect(page.getByRole("search").getByRole("alert")).toContainText("payloads:read");
  await page.goto("/runs#find=input.a:1");
  await expect(page.getByRole("main")).toContainText("payloads:read");
});
