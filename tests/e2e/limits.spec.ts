/** The limits page: what is told where there are none and where there are, who may set what, and that it holds. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./fixtures/test.ts";
import { stackOfThisRun } from "./fixtures/global-setup.ts";
import type { TestPeople } from "../fixtures/people.ts";

const NEXIO = join(import.meta.dirname, "../../bin/nexio.mjs");

/** The operator at the command line of the running product. */
function nexio(...args: string[]): string {
  const env = { ...process.env, NODE_OPTIONS: "", NEXIO_DATA_DIR: stackOfThisRun().dataDir, DATABASE_URL: "" };
  return execFileSync(process.execPath, [NEXIO, ...args], { env, encoding: "utf8" });
}

const setLimit = (people: TestPeople, what: string, value: string) =>
  nexio("org", "set-limit", people.workosOrganizationId, what, value);

const rowOf = (page: Page, environment: string): Locator => page.getByRole("row").filter({ hasText: environment });

async function setOwn(page: Page, environment: string, limit: string): Promise<void> {
  await page.getByRole("button", { name: `Change the limit of ${environment}` }).click();
  await page.getByRole("textbox", { name: `Runs at once in ${environment}` }).fill(limit);
  await page.keyboard.press("Enter");
}

test("an owner sees that nothing is limited, limits an environment within the operator's ceiling, and takes it away", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/status of 400/);
  await login(people.owner, "/settings");
  await expect(page).toHaveURL(/\/settings\/limits$/);
  await expect(page.getByText("No limits are set")).toBeVisible();
  await expect(page.getByText("Every run is accepted")).toBeVisible();

  await setOwn(page, "live", "4");
  await expect(page.getByText("live: at most 4 runs at once", { exact: true })).toBeVisible();
  await expect(rowOf(page, "Live")).toContainText("4 at once");
  await expect(page.getByText("No limits are set")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Change the limit of live" })).toBeFocused();

  setLimit(people, "concurrency", "6");
  await setOwn(page, "live", "7");
  // The page may have heard of the ceiling already, and says so then without asking.
  await expect(
    page.getByText(/must be at most 6, the ceiling set by the operator|A whole number from 1 to 6/),
  ).toBeVisible();
  await page.keyboard.press("Escape");
  await page.reload();
  await setOwn(page, "live", "many");
  await expect(page.getByText("A whole number from 1 to 6, or nothing for no limit")).toBeVisible();
  await page.getByRole("textbox").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("live: no limit", { exact: true })).toBeVisible();
  await expect(rowOf(page, "Live").getByRole("cell").nth(2)).toHaveText("6");
});

test("all environments together are read-only: the limits are told, and why they cannot be changed there", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner, "/settings?environment=all");
  await expect(page).toHaveURL(/\/settings\/limits\?environment=all$/);
  await expect(page.getByText("No limits are set")).toBeVisible();
  const change = page.getByRole("button", { name: "Change the limit of live" });
  await expect(change).toBeDisabled();
  await change.hover();
  await expect(page.getByRole("tooltip")).toContainText("All environments is read-only");
  const put = (search: string) =>
    page.request.put(`/api/environments/live/limits${search}`, { data: { concurrency: 1 } });
  expect((await put("?environment=all")).status()).toBe(409);
  // The page says itself what it shows.
  await page.goto("/settings/limits");
  const sent = page.waitForRequest((request) => request.method() === "PUT");
  await setOwn(page, "live", "4");
  expect(new URL((await sent).url()).search).toBe("?environment=live");
});

test("whoever does not manage environments sees the limits, and why they cannot be changed", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  setLimit(people, "runs-per-minute", "600");
  for (const who of [people.developer, people.finance, people.viewer]) {
    await login(who, "/settings/limits");
    await expect(page.getByText("0 used in this minute")).toBeVisible();
    await page.getByRole("button", { name: "Change the limit of live" }).hover();
    await expect(page.getByRole("tooltip")).toContainText("Needs the permission environments:manage");
    const put = await page.request.put("/api/environments/live/limits", { data: { concurrency: 1 } });
    expect(put.status()).toBe(403);
  }
});

test("runs a minute: the page counts them, and the one too many is refused until the minute is over", async ({
  page,
  people,
  login,
  request,
}) => {
  await login(people.owner);
  setLimit(people, "runs-per-minute", "2");
  const made = await page.request.post("/api/api-keys", { data: { name: "Sender" } });
  const { key } = (await made.json()) as { key: string };
  const submit = () =>
    request.post("/api/v1/engines/company-check/runs", {
      headers: { authorization: `Bearer ${key}` },
      data: { input: { name: "Acme" } },
    });
  const fromPortal = () =>
    page.request.post("/api/runs", { data: { engine: "company-check", input: { name: "Acme" } } });
  for (const [response, remaining] of [
    [await submit(), "1"],
    [await fromPortal(), "0"],
  ] as const) {
    expect(response.status()).toBe(202);
    expect(response.headers()).toMatchObject({ "x-ratelimit-limit": "2", "x-ratelimit-remaining": remaining });
  }
  await page.goto("/settings/limits");
  await expect(page.getByText("All used in this minute")).toBeVisible();
  const refused = await submit();
  expect(refused.status()).toBe(429);
  expect(Number(refused.headers()["retry-after"])).toBeGreaterThan(0);
  expect(((await refused.json()) as { code: string }).code).toBe("rate_limited");
  setLimit(people, "runs-per-minute", "off");
  expect((await submit()).headers()["x-ratelimit-limit"]).toBeUndefined();
  expect(nexio("org", "limits", people.workosOrganizationId)).toContain("runs a minute  off");
});

for (const [device, viewport] of [
  ["screen", { width: 1440, height: 900 }],
  ["phone", { width: 390, height: 844 }],
] as const) {
  test(`nothing stands out of a ${device}`, async ({ page, people, login }) => {
    await page.setViewportSize(viewport);
    await login(people.owner);
    expect((await page.request.post("/api/environments", { data: { slug: "staging" } })).status()).toBe(201);
    setLimit(people, "runs-per-minute", "1200");
    setLimit(people, "concurrency:staging", "3");
    expect((await page.request.put("/api/environments/staging/limits", { data: { concurrency: 2 } })).status()).toBe(
      200,
    );
    await page.goto("/settings/limits");
    await expect(page.getByText("ceiling 3").or(rowOf(page, "staging")).filter({ visible: true })).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(viewport.width);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const shots = process.env["SHOTS"];
      if (shots) await page.screenshot({ path: `${shots}/limits-${device}-${colorScheme}.png` });
    }
    await page.getByRole("button", { name: "Change the limit of staging" }).filter({ visible: true }).click();
    await page.getByRole("textbox").fill("9");
    await page.keyboard.press("Enter");
    await expect(page.getByText("A whole number from 1 to 3")).toBeVisible();
    const shots = process.env["SHOTS"];
    if (shots) await page.screenshot({ path: `${shots}/limits-${device}-form.png` });
  });
}
