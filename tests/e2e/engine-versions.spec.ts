/** Publishing, looked at before it is done; versions, what differs between them, and which environment runs which. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures/test.ts";

const ENGINE = "/engines/company-check";

type Config = { nodes: { id: string; content: { expressions: { id: string; key: string; value: string }[] } }[] };

/** Changes the draft of company-check as another person's editor would. */
async function changeDraft(page: Page, change: (config: Config) => void): Promise<void> {
  const path = "/api/engines/company-check/config";
  const { config } = (await (await page.request.get(path)).json()) as { config: Config };
  change(config);
  expect((await page.request.put(path, { data: { config } })).status()).toBe(200);
}

const answers = (config: Config) => config.nodes.find(({ id }) => id === "answer")!.content.expressions;
const rename = (config: Config, from: string, to: string) => {
  answers(config).find(({ key }) => key === from)!.key = to;
};

const dialogOf = (page: Page) => page.getByRole("dialog", { name: "Publish Company check" });

async function openPublish(page: Page) {
  await page.getByRole("button", { name: "Publish…" }).click();
  return dialogOf(page);
}

test("the dialog says which version the draft becomes and why, and what differs; publishing does that", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/status of 404.*\/versions\/9\.9/);
  await login(people.developer, `${ENGINE}/versions`);
  await changeDraft(page, (config) => rename(config, "risk", "overall_risk"));
  const dialog = await openPublish(page);
  await expect(dialog.getByText("1.0 →")).toBeVisible();
  await expect(dialog.getByText("2.0", { exact: true })).toBeVisible();
  await expect(dialog.getByText('The output "risk" is no longer there')).toBeVisible();
  await expect(dialog.getByText("Field overall_risk")).toBeVisible();
  await dialog.getByLabel("Changelog").fill("Risk is called overall risk");
  await dialog.getByRole("button", { name: "Publish 2.0" }).click();
  await expect(dialog).toHaveCount(0);

  const row = page.getByRole("row").filter({ hasText: "Risk is called overall risk" });
  await expect(row.getByText("Major")).toBeVisible();
  await expect(row.getByText("Live")).toBeVisible();
  await row.getByRole("link", { name: "Changes from 1.0 to 2.0" }).click();
  await expect(page).toHaveURL(/\/versions\/diff\?from=1\.0&to=2\.0/);
  await expect(page.getByText("Callers of 1.0 could not go on with 2.0:")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("From")).toHaveValue("1.0");
  await page.getByRole("button", { name: "Exchange the two" }).click();
  await expect(page).toHaveURL(/from=2\.0&to=1\.0/);
  await page.goBack();
  await expect(page).toHaveURL(/from=1\.0&to=2\.0/);

  await page.goto(`${ENGINE}/versions/2.0`);
  await expect(page.getByText("Risk is called overall risk")).toBeVisible();
  await page.goto(`${ENGINE}/versions/9.9`);
  await expect(page.getByText("No such version")).toBeVisible();
});

test("a draft with problems is not published, and each problem leads to its place", async ({ page, people, login }) => {
  await login(people.owner, `${ENGINE}/settings`);
  await changeDraft(page, (config) => {
    answers(config)[0]!.value = "amount +";
  });
  const dialog = await openPublish(page);
  await expect(dialog.getByText("The draft has 1 problem and cannot be published:")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Publish" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByRole("link", { name: /^nodes\[\d+\]\.content\.expressions\[0\]\.value$/ }).click();
  await expect(page).toHaveURL(/\/engines\/company-check(\?|$)/);
  await expect(dialogOf(page)).toHaveCount(0);
});

test("a draft that somebody changes while it is looked at is not published, and is shown as it is now", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/status of 409/);
  await login(people.owner, `${ENGINE}/settings`);
  await changeDraft(page, (config) => answers(config).push({ id: "a", key: "first_extra", value: "1" }));
  const dialog = await openPublish(page);
  await expect(dialog.getByRole("button", { name: "Publish 1.1" })).toBeVisible();
  await changeDraft(page, (config) => answers(config).push({ id: "b", key: "second_extra", value: "2" }));
  await dialog.getByRole("button", { name: "Publish 1.1" }).click();
  await expect(dialog.getByText(new RegExp(`The draft was changed by ${people.owner}`))).toBeVisible();
  await expect(dialog.getByText("Expression second_extra")).toBeVisible();
  const { data } = (await (await page.request.get("/api/engines/company-check/versions")).json()) as {
    data: unknown[];
  };
  expect(data).toHaveLength(1);
  await dialog.getByRole("button", { name: "Publish 1.1" }).click();
  await expect(dialog).toHaveCount(0);
});

test("what does not differ cannot be published", async ({ page, people, login }) => {
  await login(people.owner, `${ENGINE}/settings`);
  const dialog = await openPublish(page);
  await expect(dialog.getByRole("button", { name: "Publish 1.1" })).toHaveAttribute("aria-disabled", "true");
  await expect(dialog.getByText("Nothing differs but perhaps where nodes are drawn.")).toBeVisible();
});

test("an environment is pinned beside the versions, by those who may, and what nothing means is said", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
  await page.goto(`${ENGINE}/versions`);
  const item = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Pin dev" }) });
  await expect(item.getByText("Not pinned: follows the newest version")).toBeVisible();
  await page.getByRole("button", { name: "Pin dev" }).click();
  const dialog = page.getByRole("dialog", { name: "Pin dev" });
  await dialog.getByLabel("Version").selectOption("1.x");
  await dialog.getByRole("button", { name: "Pin to 1.x" }).click();
  await expect(item.getByText("Pinned to 1.x: follows its minor versions")).toBeVisible();
  await page.request.patch("/api/environments/dev", { data: { engine_pins: { "company-check": "7.x" } } });
  await page.reload();
  await expect(item.getByText(/There is no version 7\.x: its runs are refused/)).toBeVisible();

  await login(people.developer, `${ENGINE}/versions`);
  await expect(page.getByRole("button", { name: "Pin dev" })).toHaveAccessibleDescription(/environments:manage/);
  await login(people.viewer, `${ENGINE}/versions`);
  await expect(page.getByRole("cell", { name: /^1\.0/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "1.0", exact: true })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Compare" })).toHaveAccessibleDescription(/engines:manage/);
  await expect(page.getByRole("button", { name: "Publish…" })).toHaveAttribute("aria-disabled", "true");
  for (const path of [`${ENGINE}/versions/1.0`, `${ENGINE}/versions/diff?from=1.0&to=draft`]) {
    await page.goto(path);
    await expect(page.getByRole("main")).toContainText("This needs the permission engines:manage");
  }
});
