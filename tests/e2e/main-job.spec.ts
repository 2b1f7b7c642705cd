/** The main job, as a newcomer does it: sign in, cut an environment, mint a key, send a run with it, see it. */
import { expect, test } from "./fixtures/test.ts";

test("from signing in on the page to a run that is COMPLETED in dev and not shown in live", async ({
  page,
  people,
  api,
  request,
}) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByRole("link", { name: people.owner }).click();

  await expect(page).toHaveURL(/\/runs$/);
  const environment = page.getByRole("button", { name: /^Environment:/ });
  await expect(environment).toHaveAccessibleName("Environment: Live");
  await expect(page.getByText("No runs in live yet")).toBeVisible();

  await environment.click();
  await page.getByRole("menuitem", { name: /Create environment/ }).click();
  const creating = page.getByRole("dialog", { name: "Create environment" });
  await creating.getByLabel("Slug").fill("dev");
  await creating.getByRole("button", { name: "Save" }).click();

  // The new environment is selected, and asks for a key bound to it.
  await expect(page).toHaveURL(/\/runs\?environment=dev$/);
  await expect(page.locator("[data-environment=dev]")).toContainText("non-live");
  const prompt = page.getByRole("dialog", { name: "Create key" });
  await expect(prompt.locator("[data-fixed-environment=dev]")).toBeVisible();
  await expect(prompt.getByRole("combobox", { name: "Environment" })).toHaveCount(0);
  await prompt.getByLabel("Name").fill("Dev integration");
  await prompt.getByRole("button", { name: "Create key" }).click();

  const stored = page.getByRole("dialog", { name: "Store your new key" });
  const key = (await stored.locator("[data-shown-once]").textContent())!.trim();
  expect(key).toMatch(/^nx_dev_[0-9a-f]{64}$/);
  await page.keyboard.press("Escape");
  await expect(stored, "a key that is shown once is not lost by a slip").toBeVisible();
  await stored.getByRole("button", { name: "I have stored it" }).click();
  await expect(stored).toBeHidden();

  // The page is open and connected; the run arrives in it without a reload.
  await expect(page.getByText("No runs in dev yet")).toBeVisible();
  await expect(page.locator("[data-connection=live]")).toBeVisible();
  const input = (await (await request.get("/examples/company-check.json")).json()) as unknown;
  const accepted = await api(key, "POST", "/api/v1/engines/company-check/runs", input);
  expect(accepted).toEqual({ status: 202, body: { run_id: expect.any(String), status: "PENDING" } });
  const runId = accepted.body.run_id as string;
  const row = page.getByRole("row").filter({ has: page.locator(`[data-run-link="${runId}"]`) });
  await expect(row).toContainText("COMPLETED", { ignoreCase: true });
  await expect(row).toContainText("company-check");

  const run = await api(key, "GET", `/api/v1/runs/${runId}`);
  expect(run).toMatchObject({
    status: 200,
    body: { run_id: runId, status: "COMPLETED", environment: "dev", engine: "company-check" },
  });

  // Its own page shows what went in and what came out.
  await row.getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/runs/${runId}\\?environment=dev$`));
  await expect(page.getByRole("heading", { name: runId })).toBeVisible();
  await page.getByRole("tab", { name: "Input" }).click();
  await expect(page.getByRole("tabpanel")).toContainText(Object.keys((input as { input: object }).input)[0]!);
  await page.goBack();
  await page.goBack();

  // Live never saw it.
  await page.getByRole("button", { name: /^Environment:/ }).click();
  await page.getByRole("menuitemradio", { name: /^Live/ }).click();
  await expect(page).toHaveURL(/\/runs$/);
  await expect(page.getByText("No runs in live yet")).toBeVisible();
  await expect(page.locator(`[data-run-link="${runId}"]`)).toHaveCount(0);

  // The key is nowhere whole any more.
  await page.goto("/api-keys?environment=dev");
  const keyRow = page.getByRole("row").filter({ hasText: "Dev integration" });
  await expect(keyRow).toContainText(key.slice(0, -60));
  expect(await page.content()).not.toContain(key);
});
