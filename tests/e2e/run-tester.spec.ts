/** The run tester: composing, sending, following, sending again; saved inputs; a run opened in it; where it may not be used. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures/test.ts";

const editor = (page: Page, name: string) => page.getByRole("textbox", { name });

test("an example is sent, followed to its result, and sent again with the keyboard", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner, "/runs");
  await page.keyboard.press("n");
  await expect(page.getByRole("heading", { name: "New run" })).toBeVisible();
  await page.getByRole("combobox", { name: "Engine" }).selectOption("company-check");
  await page.getByRole("button", { name: "Load example" }).click();
  await expect(editor(page, "Input")).toContainText("Hanse Maritime");
  await page.getByRole("textbox", { name: /^Tags/ }).fill("first nightly:1");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const result = page.getByRole("region", { name: "Result" });
  await expect(result).toContainText("COMPLETED");
  await editor(page, "Input").click();
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(page.getByRole("navigation", { name: "Sent from here" }).getByRole("listitem")).toHaveCount(2);
  await result.getByRole("link", { name: "Open run" }).click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}/);
  await page.goto("/runs?tag=nightly:1");
  await expect(page.getByRole("table", { name: "Runs" }).locator("tbody tr")).toHaveCount(2);
  await expect(page.getByRole("table", { name: "Runs" })).toContainText("portal");
});

test("a double click makes one run, numbers keep their digits, and a lost answer makes no second run", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/Failed to load resource/);
  await login(people.owner, "/runs/new?engine=company-check");
  await editor(page, "Input").fill('{"exact": 0.12345678901234567890}');
  // Answers are lost on their way.
  let areLost = true;
  const bodies: string[] = [];
  await page.route(/\/api\/runs\?/, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    bodies.push(route.request().postData() ?? "");
    const response = await route.fetch();
    if (areLost) return route.abort("connectionreset");
    return route.fulfill({ response });
  });
  await page.getByRole("button", { name: "Run", exact: true }).dblclick();
  await expect(page.getByRole("main").getByRole("alert").filter({ hasText: "cannot be reached" })).toBeVisible();
  areLost = false;
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Result" })).toContainText(/COMPLETED|FAILED/);
  expect(bodies.length).toBeGreaterThan(1);
  for (const body of bodies) expect(body).toContain("0.12345678901234567890");
  await page.unroute(/\/api\/runs\?/);
  await page.goto("/runs");
  await expect(page.getByRole("table", { name: "Runs" }).locator("tbody tr")).toHaveCount(1);
});

test("what is wrong is told before it is sent, and a refusal at its field", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/Failed to load resource/);
  await login(people.owner, "/runs/new?engine=company-check&version=9.9");
  const run = page.getByRole("button", { name: "Run", exact: true });
  await editor(page, "Input").fill("{broken");
  await expect(run).toHaveAttribute("aria-disabled", "true");
  await expect(run).toHaveAccessibleDescription("The input is no JSON");
  await editor(page, "Input").fill('{"a": 1}');
  await page.getByRole("textbox", { name: /^Tags/ }).fill("näh");
  await expect(page.getByRole("textbox", { name: /^Tags/ })).toHaveAccessibleDescription(/is not a tag/);
  await expect(run).toHaveAccessibleDescription(/is not a tag/);
  await page.getByRole("textbox", { name: /^Tags/ }).fill("");
  await run.click();
  await expect(page.getByRole("main").getByRole("alert").filter({ hasText: "no published version" })).toBeVisible();
  await editor(page, "Input").fill('{"a": "\\u0000"}');
  await run.click();
  await expect(page.getByRole("main").getByRole("alert").filter({ hasText: "input.a" })).toBeVisible();
});

test("inputs are saved, loaded, saved over, renamed, deleted and brought back", async ({ page, people, login }) => {
  await login(people.owner, "/runs/new?engine=company-check");
  await editor(page, "Input").fill('{"n": 1}');
  const menu = (name: string | RegExp) => page.getByRole("button", { name });
  await menu("Saved inputs").click();
  await page.getByRole("menuitem", { name: "Save as…" }).click();
  const save = page.getByRole("dialog", { name: "Save this input" });
  await save.getByRole("textbox", { name: "Name" }).fill("Small");
  await save.getByRole("button", { name: "Save", exact: true }).click();
  await expect(menu("Small")).toBeVisible();

  await editor(page, "Input").fill('{"n": 2, "exact": 12345678901234567890}');
  await menu("Small").click();
  await page.getByRole("menuitem", { name: "Save over Small" }).click();
  await expect(page.getByText("Saved as Small").first()).toBeVisible();
  await page.reload();
  await menu("Saved inputs").click();
  await page.getByRole("menuitem", { name: "Small", exact: true }).click();
  await expect(editor(page, "Input")).toContainText('{"n": 2, "exact": 12345678901234567890}');

  await menu("Small").click();
  await page.getByRole("menuitem", { name: "Rename or delete…" }).click();
  const manage = page.getByRole("dialog", { name: "Saved inputs" });
  await manage.getByRole("textbox", { name: "Name of Small" }).fill("Tiny");
  await manage.getByRole("button", { name: "Rename" }).click();
  await expect(manage.getByRole("textbox", { name: "Name of Tiny" })).toBeVisible();
  await manage.getByRole("button", { name: "Delete Tiny" }).click();
  await expect(manage).toContainText("Nothing is saved");
  await manage.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await menu("Saved inputs").click();
  await expect(page.getByRole("menuitem", { name: "Tiny", exact: true })).toBeVisible();
});

test("a run is opened in it, in another environment too, and all together refuse it with the reason", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner, "/runs/new?engine=company-check");
  expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
  const response = await page.request.post("/api/runs?environment=dev", {
    data: `{"engine":"company-check","input":{"marker":"from-dev","exact":1.000000000000000000001},"tags":["a","b"]}`,
    headers: { "content-type": "application/json" },
  });
  const { run_id: id } = (await response.json()) as { run_id: string };
  await page.goto(`/runs/new?environment=dev&from=${id}`);
  await expect(editor(page, "Input")).toContainText('"marker": "from-dev", "exact": 1.000000000000000000001');
  await expect(page.getByRole("textbox", { name: /^Tags/ })).toHaveValue("a b");
  await expect(page.getByRole("combobox", { name: "Version" })).toHaveValue("1.0");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Result" })).toContainText(/COMPLETED|FAILED/);
  await page.goto("/runs?environment=dev");
  await expect(page.getByRole("table", { name: "Runs" }).locator("tbody tr")).toHaveCount(2);

  await page.goto(`/runs/new?environment=all&from=${id}`);
  await expect(page.getByRole("button", { name: "Run", exact: true })).toHaveAccessibleDescription(/read-only/);
  await login(people.viewer, "/runs/new");
  await expect(page.getByRole("main")).toContainText("runs:write");
});
