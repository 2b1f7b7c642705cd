/** The runs table: live updates that move nothing, filters in the URL, search, paging, keyboard, phones. */
import type { Page } from "@playwright/test";
import { type Api, example, newKey, publish, send } from "./fixtures/program.ts";
import { expect, test } from "./fixtures/test.ts";
import { neverEndingGraph, throwingGraph } from "../fixtures/graphs.ts";

/** Sends runs of an example one after the other; returns their ids, oldest first. */
async function sendMany(
  page: Page,
  api: Api,
  key: string,
  count = 1,
  engine: Parameters<typeof example>[1] = "company-check",
): Promise<string[]> {
  const request = await example(page, engine);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await send(api, key, engine, request));
  return ids;
}

const link = (page: Page, id: string) => page.locator(`[data-run-link="${id}"]`);
const rows = (page: Page) => page.getByRole("table", { name: "Runs" }).locator("tbody tr");
const live = (page: Page) => expect(page.locator("[data-connection=live]")).toBeVisible();

test("new runs are announced and nothing moves until they are asked for", async ({ page, people, login, api }) => {
  await login(people.owner);
  const key = await newKey(page);
  const before = await sendMany(page, api, key, 3);
  await page.goto("/runs");
  await expect(rows(page)).toHaveCount(3);
  await live(page);

  const after = await sendMany(page, api, key, 2);
  const bar = page.getByRole("button", { name: "2 new runs" });
  await expect(bar).toBeVisible();
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first()).toContainText(before[2]!.slice(-4));
  await bar.click();
  await expect(rows(page)).toHaveCount(5);
  await expect(rows(page).first().locator("a")).toHaveAttribute("data-run-link", after[1]!);
  await expect(page.getByRole("button", { name: /new run/ })).toHaveCount(0);
});

test("a row changes where it stands, and polling takes over when the stream is refused", async ({
  page,
  people,
  login,
  api,
  problems,
}) => {
  problems.allow(/runs\/stream/);
  problems.allow(/Failed to load resource/);
  await page.route("**/api/runs/stream*", (route) => route.fulfill({ status: 503, body: "" }));
  await login(people.owner);
  const key = await newKey(page);
  await publish(api, key, "never-ends", neverEndingGraph());
  const { body } = await api(key, "POST", "/api/v1/engines/never-ends/runs", { input: {} });
  const id = body["run_id"] as string;
  await page.goto("/runs");
  await expect(page.locator("[data-connection=polling]")).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  const canceled = await page.request.post(`/api/runs/${id}/cancel`, { data: {} });
  expect(canceled.ok(), await canceled.text()).toBe(true);
  await expect(rows(page).first()).toContainText("CANCELED");
});

test("a page that is not looked at holds no connection, and catches up when it is", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  const key = await newKey(page);
  await sendMany(page, api, key);
  await page.goto("/runs");
  await expect(rows(page)).toHaveCount(1);
  await live(page);
  const show = (state: "hidden" | "visible") =>
    page.evaluate((visibility) => {
      Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await show("hidden");
  await expect(page.locator("[data-connection=connecting]")).toBeVisible();
  await sendMany(page, api, key, 2);
  await expect(page.getByRole("button", { name: /new run/ })).toHaveCount(0);
  await show("visible");
  await live(page);
  await expect(page.getByRole("button", { name: "2 new runs" })).toBeVisible();
});

test("filters stand in the URL, survive reload and deep link, and are cleared one by one or all", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  const key = await newKey(page);
  await publish(api, key, "always-fails", throwingGraph());
  await api(key, "POST", "/api/v1/engines/always-fails/runs", { input: {} });
  await sendMany(page, api, key, 2);
  await page.goto("/runs");
  await expect(rows(page).filter({ hasText: "FAILED" })).toHaveCount(1);

  await page.getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitemcheckbox", { name: "FAILED" }).click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/status=FAILED/);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText("engine_error");
  await page.reload();
  await expect(rows(page)).toHaveCount(1);

  await page.getByRole("button", { name: "Engine" }).click();
  await page.getByRole("menuitemradio", { name: /company-check/ }).click();
  await expect(page).toHaveURL(/engine=company-check/);
  await expect(page.getByText("No runs match")).toBeVisible();
  await page.getByRole("button", { name: "Clear status filter" }).click();
  await expect(rows(page)).toHaveCount(2);
  await page.goBack();
  await expect(page.getByText("No runs match")).toBeVisible();
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(rows(page)).toHaveCount(3);
  expect(new URL(page.url()).search).toBe("");

  await page.goto("/runs?status=COMPLETED&version=1.x&created=24h");
  await expect(rows(page)).toHaveCount(2);
  await page.goto("/runs?status=NONSENSE&created=whenever&version=latest&tag=no%20tag");
  await expect(rows(page)).toHaveCount(3);
  const notice = page.getByRole("main").getByRole("alert").filter({ hasText: "is not applied" });
  for (const bad of ["status=NONSENSE", "created=whenever", "version=latest", "tag=no tag"])
    await expect(notice).toContainText(bad);
  await notice.getByRole("button", { name: "Remove" }).click();
  await expect(notice).toHaveCount(0);
  expect(new URL(page.url()).search).toBe("");
});

test("search finds a run by its id, whole or in part, and says when there is none", async ({
  page,
  people,
  login,
  api,
  problems,
}) => {
  problems.allow(/404/);
  await login(people.owner);
  const [id, other] = await sendMany(page, api, await newKey(page), 2);
  await page.goto("/runs");
  const search = page.getByRole("searchbox", { name: "Run id, tag or value" });
  await search.fill("two words");
  await search.press("Enter");
  await expect(page.getByRole("search").getByRole("alert")).toContainText("no run id, no tag");
  // As the table shows it.
  await search.fill((await link(page, id!).textContent())!);
  await search.press("Enter");
  await expect(link(page, other!)).toHaveCount(0);
  await expect(link(page, id!)).toBeVisible();
  await page.goto("/runs?environment=all");
  await search.fill(id!.slice(0, 32));
  await search.press("Enter");
  await expect(link(page, id!)).toBeVisible();
  await page.getByRole("button", { name: "Clear id filter" }).click();
  await expect(rows(page)).toHaveCount(2);
  await search.fill(` ${id!.toUpperCase()} `);
  await search.press("Enter");
  await expect(page.getByRole("heading", { name: id! })).toBeVisible();
  await page.goto("/runs/0197c1e2-5b1e-7cc0-8d2f-3f6f0c1aa3f2");
  await expect(page.getByText("No such run")).toBeVisible();
  await page.goto("/runs/not-an-id");
  await expect(page.getByText("No such run")).toBeVisible();
});

test("pages older and newer, and an older page survives reload", async ({ page, people, login, api }) => {
  await login(people.owner);
  const ids = await sendMany(page, api, await newKey(page), 27);
  await page.goto("/runs");
  await expect(rows(page)).toHaveCount(25);
  await expect(page.getByRole("button", { name: "Newer" })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("button", { name: "Older" }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(link(page, ids[0]!)).toBeVisible();
  await expect(page).toHaveURL(/cursor=/);
  await page.reload();
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByRole("button", { name: "Older" })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("button", { name: "Newer" }).click();
  await expect(rows(page)).toHaveCount(25);
  await expect(page).not.toHaveURL(/cursor=/);
});

test("the keyboard walks, opens and peeks, and single keys can be switched off", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  const [oldest, middle, newest] = await sendMany(page, api, await newKey(page), 3);
  await page.goto("/runs");
  await expect(rows(page)).toHaveCount(3);
  await page.keyboard.press("j");
  await expect(link(page, newest!)).toBeFocused();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(link(page, oldest!)).toBeFocused();
  await page.keyboard.press("k");
  await expect(link(page, middle!)).toBeFocused();

  await page.keyboard.press("o");
  const panel = page.getByRole("complementary", { name: "Run" });
  await expect(panel).toContainText("COMPLETED");
  await expect(page).toHaveURL(new RegExp(`run=${middle}`));
  await page.keyboard.press("k");
  await expect(page).toHaveURL(new RegExp(`run=${newest}`));
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: newest! })).toBeVisible();
  await page.goBack();

  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitemcheckbox", { name: "Single-key shortcuts" }).click();
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(rows(page)).toHaveCount(3);
  await page.keyboard.press("j");
  await expect(page.locator("[data-run-link]:focus")).toHaveCount(0);
});

test("a run's page shows ranked solutions with reasons, findings, and errors in words", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  const key = await newKey(page);
  const [placement] = await sendMany(page, api, key, 1, "loan-placement");
  await page.goto(`/runs/${placement}`);
  await expect(page.getByRole("main")).toContainText(/COMPLETED|DEGRADED/);
  const solutions = page.getByRole("main").getByRole("listitem").filter({ hasText: "Score" });
  await expect(solutions.first()).toBeVisible();
  const scores = (await solutions.allTextContents()).map((text) => Number.parseFloat(/Score ([\d.]+)/.exec(text)![1]!));
  expect(scores.length).toBeGreaterThan(0);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  await page.getByRole("tab", { name: "Output" }).click();
  await expect(page).toHaveURL(/tab=output/);
  await expect(page.getByRole("tabpanel")).toContainText("offering_id");
  await page.getByRole("tab", { name: "Timeline" }).click();
  await expect(page.getByRole("tabpanel")).toContainText(/Accepted by the API[\s\S]*Execution started[\s\S]*Completed/);
  await page.reload();
  await expect(page.getByRole("tab", { name: "Timeline" })).toHaveAttribute("aria-selected", "true");

  await publish(api, key, "always-fails", throwingGraph());
  const failed = await api(key, "POST", "/api/v1/engines/always-fails/runs", { input: {} });
  await page.goto(`/runs/${failed.body["run_id"] as string}`);
  const error = page.getByRole("region", { name: "Error" });
  await expect(error).toContainText("engine_error");
  await expect(error).toContainText("thrown on purpose");
});

test("a run that goes on is followed, and can be canceled from its page", async ({ page, people, login, api }) => {
  await login(people.owner);
  const key = await newKey(page);
  await publish(api, key, "never-ends", neverEndingGraph());
  const { body } = await api(key, "POST", "/api/v1/engines/never-ends/runs", { input: {} });
  await page.goto(`/runs/${body["run_id"] as string}`);
  await expect(page.getByRole("main")).toContainText("RUNNING");
  await page.getByRole("button", { name: "Cancel run" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this run" });
  await expect(dialog).toContainText("counts as usage");
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await expect(page.getByRole("main")).toContainText("CANCELED");
  await expect(page.getByRole("button", { name: "Cancel run" })).toHaveCount(0);
});

test("a run opens under its own environment's name and colour, never under another's", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
  const [id] = await sendMany(page, api, await newKey(page, "dev"));
  await page.goto(`/runs/${id}`);
  await expect(page).toHaveURL(new RegExp(`/runs/${id}\\?environment=dev$`));
  await expect(page.getByRole("button", { name: /^Environment:/ })).toHaveAccessibleName("Environment: dev non-live");
  await expect(page.locator("[data-environment-line]")).toBeVisible();
  await page.goto(`/runs/${id}?environment=all`);
  await expect(page).toHaveURL(/environment=all/);

  await page.getByRole("button", { name: /^Environment:/ }).click();
  await page.getByRole("menuitemradio", { name: /^Live/ }).click();
  await expect(page).toHaveURL(/\/runs$/);
  await expect(page.getByText("No runs in live yet")).toBeVisible();
});

test("a member sees runs without their payloads", async ({ page, people, login, api }) => {
  await login(people.owner);
  const [id] = await sendMany(page, api, await newKey(page));
  await expect
    .poll(async () => ((await (await page.request.get(`/api/runs/${id}`)).json()) as { status: string }).status)
    .toBe("COMPLETED");
  await login(people.viewer, `/runs/${id}`);
  await expect(page.getByRole("main")).toContainText("COMPLETED");
  for (const tab of ["Overview", "Input", "Output"]) {
    await page.getByRole("tab", { name: tab }).click();
    await expect(page.getByRole("tabpanel")).toContainText("payloads:read");
  }
  expect(await (await page.request.get(`/api/runs/${id}`)).json()).not.toHaveProperty("input");
});

test("on a phone rows are cards, filters a sheet, and the page never scrolls sideways", async ({
  page,
  people,
  login,
  api,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await login(people.owner);
  const [id] = await sendMany(page, api, await newKey(page), 2);
  await page.goto("/runs");
  const card = page.getByRole("listitem").filter({ hasText: id!.slice(-4) });
  await expect(card).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("dialog", { name: "Filters" }).getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitemcheckbox", { name: "FAILED" }).click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(page.getByText("No runs match")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await card.click();
  await expect(page.getByRole("heading", { name: id! })).toBeVisible();
  for (const path of [`/runs/${id}?tab=input`, "/runs?environment=all", "/api-keys", "/engines", "/usage"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), path).toBe(true);
  }
});
