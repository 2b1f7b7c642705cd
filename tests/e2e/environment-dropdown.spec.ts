/** The dropdown: what it writes into the URL, what survives, what it refuses, and how non-live looks. */
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./fixtures/test.ts";

const SCOPED_PAGES = ["/runs", "/metrics", "/usage", "/webhooks", "/api-keys"];

const dropdown = (page: Page) => page.getByRole("button", { name: /^Environment:/ });

const background = (locator: Locator) => locator.evaluate((element) => getComputedStyle(element).backgroundColor);

async function choose(page: Page, name: RegExp): Promise<void> {
  await dropdown(page).click();
  await page.getByRole("menuitemradio", { name }).click();
}

async function createEnvironments(page: Page, ...slugs: string[]): Promise<void> {
  for (const slug of slugs) {
    const response = await page.request.post("/api/environments", { data: { slug } });
    expect(response.status(), await response.text()).toBe(201);
  }
}

test("stands on every environment-scoped page, live by default, and lists Live, own slugs, All and the way to create one", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  await createEnvironments(page, "dev", "prod");
  for (const path of SCOPED_PAGES) {
    await page.goto(path);
    await expect(dropdown(page)).toHaveAccessibleName("Environment: Live");
    await dropdown(page).click();
    await expect(page.getByRole("menuitemradio")).toHaveText([/^Live/, /^dev/, /^prod/, /^All/]);
    await expect(page.getByRole("menuitem", { name: /Create environment/ })).toBeEnabled();
    await page.keyboard.press("Escape");
  }
});

test("opens at the first press, however late the page's programs come", async ({ page, people, login }) => {
  await login(people.owner);
  const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
  await page.route("**/_next/static/**/*.js*", async (route) => {
    await arrival;
    await route.continue();
  });
  await page.reload({ waitUntil: "commit" });
  await expect(dropdown(page)).toBeVisible();
  const pressed = dropdown(page).click();
  await expect(dropdown(page)).toHaveCSS("pointer-events", "none");
  arrive();
  await pressed;
  await expect(page.getByRole("menuitemradio")).toHaveText([/^Live/, /^All/]);
});

test("survives reload, deep link, back and forward, and moving between pages", async ({ page, people, login }) => {
  await login(people.owner);
  await createEnvironments(page, "dev");
  await page.goto("/runs");
  await choose(page, /^dev/);
  await expect(page).toHaveURL(/\/runs\?environment=dev$/);
  await page.reload();
  await expect(dropdown(page)).toHaveAccessibleName("Environment: dev non-live");

  await page.getByRole("link", { name: "Usage" }).click();
  await expect(page).toHaveURL(/\/usage\?environment=dev$/);
  await choose(page, /^All/);
  await expect(page).toHaveURL(/\/usage\?environment=all$/);
  await page.goBack();
  await expect(dropdown(page)).toHaveAccessibleName("Environment: dev non-live");
  await page.goForward();
  await expect(dropdown(page)).toHaveAccessibleName("Environment: All read-only");

  await page.goto("/webhooks?environment=dev");
  await expect(dropdown(page)).toHaveAccessibleName("Environment: dev non-live");
});

test("an unknown slug shows live and says so", async ({ page, people, login }) => {
  await login(people.owner, "/runs?environment=nowhere");
  await expect(dropdown(page)).toHaveAccessibleName("Environment: Live");
  await expect(page.getByRole("main").getByRole("alert")).toContainText("nowhere");
});

test("non-live is tinted, open and closed, production by name included, and says so in words", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  await createEnvironments(page, "prod");
  await page.goto("/runs");
  const live = await background(dropdown(page));
  await dropdown(page).click();
  const option = page.getByRole("menuitemradio", { name: /^prod/ });
  await expect(option).toContainText("non-live");
  expect(await background(option)).not.toBe(await background(page.getByRole("menuitemradio", { name: /^Live/ })));
  await option.click();
  await expect(dropdown(page)).toHaveAccessibleName("Environment: prod non-live");
  await expect.poll(() => background(dropdown(page))).not.toBe(live);
});

test("All adds the environment column, disables every change with the reason, and the server refuses writes for it too", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  await createEnvironments(page, "dev");
  for (const slug of ["live", "dev"]) {
    const made = await page.request.post("/api/api-keys", { data: { name: `key of ${slug}`, environment_slug: slug } });
    expect(made.status()).toBe(201);
  }
  await page.goto("/api-keys?environment=all");
  await expect(page.getByRole("columnheader", { name: "Environment" })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "key of live" })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "key of dev" })).toBeVisible();

  const create = page.getByRole("button", { name: "Create key" });
  await expect(create).toHaveAttribute("aria-disabled", "true");
  await expect(create).toHaveAccessibleDescription(/read-only/i);
  for (const actions of await page.getByRole("button", { name: /^Actions for key of/ }).all())
    await expect(actions).toHaveAttribute("aria-disabled", "true");

  const refused = await page.request.post("/api/api-keys", { data: { name: "x", environment_slug: "all" } });
  expect(refused.ok()).toBe(false);

  await dropdown(page).click();
  await expect(page.getByRole("menuitem", { name: /Create environment/ })).not.toHaveAttribute("aria-disabled", "true");
});

test("checks the slug while it is typed", async ({ page, people, login }) => {
  await login(people.owner);
  await createEnvironments(page, "taken");
  await page.goto("/runs");
  await dropdown(page).click();
  await page.getByRole("menuitem", { name: /Create environment/ }).click();
  const dialog = page.getByRole("dialog", { name: "Create environment" });
  const save = dialog.getByRole("button", { name: "Save" });
  for (const [slug, message] of [
    ["Dev", /lowercase/],
    ["a-b", /lowercase/],
    ["x".repeat(17), /16/],
    ["live", /reserved/],
    ["all", /reserved/],
    ["taken", /taken/],
  ] as const) {
    await dialog.getByLabel("Slug").fill(slug);
    await expect(dialog).toContainText(message);
    await expect(save).toHaveAttribute("aria-disabled", "true");
  }
  for (const slug of ["prod", "production", "staging"]) {
    await dialog.getByLabel("Slug").fill(slug);
    await expect(save).not.toHaveAttribute("aria-disabled", "true");
  }
});

test("at the limit it says whom to ask", async ({ page, people, login }) => {
  await login(people.owner);
  await createEnvironments(page, "one", "two", "three", "four", "five");
  await page.goto("/runs");
  await dropdown(page).click();
  await page.getByRole("menuitem", { name: /Create environment/ }).click();
  const dialog = page.getByRole("dialog", { name: "Create environment" });
  await expect(dialog).toContainText("5 of 5");
  await expect(dialog).toContainText(/contact/i);
  const response = await page.request.post("/api/environments", { data: { slug: "six" } });
  expect(response.status()).toBe(409);
  expect(await response.json()).toMatchObject({ code: "environment_limit_reached" });
});
