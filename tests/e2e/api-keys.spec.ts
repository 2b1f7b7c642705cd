/** The API keys page: shown once, scopes, expiry, rotation, revocation, and who may do what. */
import { spawnSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures/test.ts";

type Choices = { name: string; scopes?: RegExp; custom?: readonly string[]; environment?: string; expires?: string };

const dialogOf = (page: Page) => page.getByRole("dialog", { name: "Create key" });
const rowOf = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

/** Mints a key through the dialog and returns it; the dialog with the key stays open. */
async function mint(page: Page, { name, scopes, custom, environment, expires }: Choices): Promise<string> {
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Name").fill(name);
  if (environment) await dialog.getByLabel("Environment").selectOption(environment);
  if (scopes) await dialog.getByRole("radio", { name: scopes }).click();
  if (custom) {
    await dialog.getByRole("radio", { name: /^Custom/ }).click();
    for (const box of await dialog.getByRole("checkbox").all()) await box.uncheck();
    for (const scope of custom) await dialog.getByRole("checkbox", { name: scope }).check();
  }
  if (expires) await dialog.getByLabel("Expires").selectOption({ label: expires });
  await dialog.getByRole("button", { name: "Create key" }).click();
  return (await page.locator("[data-shown-once]").textContent())!.trim();
}

async function store(page: Page): Promise<void> {
  await page.getByRole("button", { name: "I have stored it" }).click();
  await expect(page.locator("[data-shown-once]")).toHaveCount(0);
}

async function act(page: Page, name: string, action: RegExp): Promise<void> {
  await rowOf(page, name)
    .first()
    .getByRole("button", { name: `Actions for ${name}` })
    .click();
  await page.getByRole("menuitem", { name: action }).click();
}

test("a key is shown once, copies whole, and comes with a command that works as it stands", async ({
  page,
  context,
  people,
  login,
}) => {
  await login(people.owner, "/api-keys");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await expect(page.getByText("No keys yet")).toBeVisible();
  const key = await mint(page, { name: "CI" });
  expect(key).toMatch(/^nx_live_[0-9a-f]{64}$/);

  await page.getByRole("button", { name: "Copy key" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.getByRole("button", { name: "Copy send a first run" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const { stdout, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8", timeout: 120_000 });
  expect(JSON.parse(stdout || `{"stderr":${JSON.stringify(stderr)}}`)).toEqual({
    run_id: expect.any(String),
    status: "PENDING",
  });

  await store(page);
  await expect(rowOf(page, "CI")).toContainText(key.slice(0, -60));
  await page.reload();
  await expect(rowOf(page, "CI")).toContainText("Full");
  expect(await page.content()).not.toContain(key);
});

test("a key may do what its scopes say and no more", async ({ page, people, login, api }) => {
  await login(people.owner, "/api-keys");
  const trigger = await mint(page, { name: "Trigger", scopes: /^Trigger only/ });
  await store(page);
  const custom = await mint(page, { name: "Reader", custom: ["runs:read"] });
  await store(page);
  await expect(rowOf(page, "Trigger")).toContainText("Trigger only");
  await expect(rowOf(page, "Reader")).toContainText("runs:read");

  expect((await api(trigger, "POST", "/api/v1/environments", { slug: "dev" })).status).toBe(403);
  expect((await api(custom, "GET", "/api/v1/runs")).status).toBe(200);
  expect((await api(custom, "POST", "/api/v1/engines/company-check/runs", { input: {} })).status).toBe(403);
});

test("the dialog asks for what is missing, and takes the page's environment", async ({ page, people, login }) => {
  await login(people.owner);
  expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
  await page.goto("/api-keys?environment=dev");
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = dialogOf(page);
  const create = dialog.getByRole("button", { name: "Create key" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await expect(dialog.getByLabel("Environment")).toHaveValue("dev");
  await expect(create).toHaveAccessibleDescription("Type a name first");
  await dialog.getByLabel("Name").fill("x");
  await expect(create).not.toHaveAttribute("aria-disabled");
  await dialog.getByRole("radio", { name: /^Custom/ }).click();
  for (const box of await dialog.getByRole("checkbox").all()) await box.uncheck();
  await expect(create).toHaveAccessibleDescription("Choose at least one scope");
  await dialog.getByRole("radio", { name: /^Observer/ }).click();
  await dialog.getByLabel("Expires").selectOption({ label: "On a day…" });
  await expect(create).toHaveAccessibleDescription("Choose a day");
  await dialog.getByLabel("Day").fill("2020-01-01");
  await expect(create).toHaveAccessibleDescription("This day has passed");
});

test("an expiry is kept and shown", async ({ page, people, login }) => {
  await login(people.owner, "/api-keys");
  await mint(page, { name: "Short", expires: "In 7 days" });
  await store(page);
  await expect(rowOf(page, "Short")).toContainText("Expiring");
  await expect(rowOf(page, "Short")).toContainText(/in [67]\sd/);
});

test("rotation gives a new key; the old one dies now or at the end of its grace", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner, "/api-keys");
  const first = await mint(page, { name: "Checkout" });
  await store(page);

  await act(page, "Checkout", /^Rotate/);
  const dialog = page.getByRole("dialog", { name: "Rotate Checkout" });
  await expect(dialog.getByRole("radio", { name: /24 hours/ })).toBeChecked();
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  const second = (await page.locator("[data-shown-once]").textContent())!.trim();
  await store(page);
  expect((await api(first, "GET", "/api/v1/runs")).status).toBe(200);
  expect((await api(second, "GET", "/api/v1/runs")).status).toBe(200);

  const old = rowOf(page, first.slice(0, -60));
  await expect(old).toContainText("Expiring");
  await old.getByRole("button", { name: /^Actions/ }).click();
  await expect(page.getByRole("menuitem", { name: /^Rotate/ })).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Escape");

  await rowOf(page, second.slice(0, -60))
    .getByRole("button", { name: /^Actions/ })
    .click();
  await page.getByRole("menuitem", { name: /^Rotate/ }).click();
  await dialog.getByRole("radio", { name: /^Now/ }).click();
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  const third = (await page.locator("[data-shown-once]").textContent())!.trim();
  await store(page);
  expect((await api(second, "GET", "/api/v1/runs")).status).toBe(401);
  expect((await api(third, "GET", "/api/v1/runs")).status).toBe(200);
});

test("revoking says what dies, asks for the name, and the very next request is refused", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner, "/api-keys");
  const key = await mint(page, { name: "Old laptop" });
  await store(page);
  await act(page, "Old laptop", /^Revoke/);
  const dialog = page.getByRole("dialog", { name: "Revoke Old laptop" });
  await expect(dialog).toContainText(key.slice(0, -60));
  const revoke = dialog.getByRole("button", { name: "Revoke key" });
  await expect(revoke).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("textbox").fill("old laptop");
  await expect(revoke).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("textbox").fill("Old laptop");
  await revoke.click();
  await expect(rowOf(page, "Old laptop")).toContainText("Revoked");
  expect((await api(key, "GET", "/api/v1/runs")).status).toBe(401);
  await expect(page.getByRole("button", { name: "Actions for Old laptop" })).toHaveAccessibleDescription(
    "This key is revoked",
  );
});

test("a developer reads keys; every control says why it cannot be used, by keyboard and by touch", async ({
  page,
  people,
  login,
  browser,
  baseURL,
}) => {
  await login(people.owner, "/api-keys");
  await mint(page, { name: "Shared" });
  await store(page);

  const context = await browser.newContext({ baseURL: baseURL!, hasTouch: true });
  const theirs = await context.newPage();
  await theirs.goto(`/login?login_hint=${encodeURIComponent(people.developer)}`);
  await theirs.goto("/api-keys");
  const create = theirs.getByRole("button", { name: "Create key" });
  await expect(create).toHaveAccessibleDescription(/api_keys:manage/);
  await create.focus();
  await expect(theirs.getByRole("tooltip")).toContainText("api_keys:manage");
  await theirs.keyboard.press("Enter");
  await expect(theirs.getByRole("dialog")).toHaveCount(0);
  await create.blur();
  await expect(theirs.getByRole("tooltip")).toHaveCount(0);
  await create.tap({ force: true });
  await expect(theirs.getByRole("tooltip")).toContainText("api_keys:manage");
  await theirs.keyboard.press("Escape");
  await expect(theirs.getByRole("button", { name: "Actions for Shared" })).toHaveAccessibleDescription(
    /api_keys:manage/,
  );
  await theirs.getByRole("button", { name: /^Environment:/ }).click();
  const item = theirs.getByRole("menuitem", { name: /Create environment/ });
  await expect(item).toHaveAttribute("aria-disabled", "true");
  await expect(item).toContainText("api_keys:manage");
  await context.close();
});
