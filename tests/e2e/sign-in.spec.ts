/** Signing in and out, roles, organizations. */
import { expect, test } from "./fixtures/test.ts";

test("who is not signed in is sent to sign in, and then to the page that was asked for", async ({ page, people }) => {
  await page.goto("/usage?environment=all");
  await page.getByRole("link", { name: people.developer }).click();
  await expect(page).toHaveURL(/\/usage\?environment=all$/);
});

test("signing out ends the session on the page and on the server", async ({ page, people, login }) => {
  await login(people.owner);
  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect((await page.request.get("/api/session")).status()).toBe(401);
  expect((await page.context().cookies()).filter(({ name }) => name === "wos-session")).toEqual([]);
});

test("a person without an organization gets a page that says what to do, and no other", async ({ page, login }) => {
  await login("nobody@acme.test", "/runs");
  await expect(page).toHaveURL(/\/no-organization$/);
  await expect(page.getByText("You do not belong to an organization")).toBeVisible();
  await expect(page.getByText("nobody@acme.test")).toBeVisible();
  expect((await page.request.get("/api/environments")).status()).toBe(403);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a person of two organizations moves between them, and into no other", async ({ page, login, people }) => {
  await login("both@acme.test");
  const organization = page.getByRole("button", { name: /^Organization:/ });
  await expect(organization).toHaveAccessibleName("Organization: Acme");
  await organization.click();
  await page.getByRole("menuitem", { name: "Globex" }).click();
  await expect(organization).toHaveAccessibleName("Organization: Globex");
  // owner in Acme, developer in Globex: the role is the organization's
  await page.goto("/api-keys");
  await expect(page.getByRole("button", { name: "Create key" }).first()).toHaveAttribute("aria-disabled", "true");

  const foreign = await page.request.post("/api/session/organization", {
    data: { organization_id: people.workosOrganizationId },
  });
  expect(foreign.status()).toBe(403);
  await page.reload();
  await expect(organization).toHaveAccessibleName("Organization: Globex");
});

const ROLES = [
  { role: "owner", mayCreate: true, seesKeys: true, seesRuns: true },
  { role: "developer", mayCreate: false, seesKeys: true, seesRuns: true },
  { role: "finance", mayCreate: false, seesKeys: false, seesRuns: false },
  { role: "viewer", mayCreate: false, seesKeys: false, seesRuns: true },
] as const;

for (const { role, mayCreate, seesKeys, seesRuns } of ROLES) {
  test(`the ${role} sees and may what the role table says, on the page and on the server`, async ({
    page,
    people,
    login,
  }) => {
    await login(people[role], "/api-keys");
    const create = page.getByRole("button", { name: "Create key" }).first();
    if (!seesKeys) await expect(page.getByRole("main")).toContainText("api_keys:read");
    else if (mayCreate) await expect(create).not.toHaveAttribute("aria-disabled", "true");
    else {
      await expect(create).toHaveAttribute("aria-disabled", "true");
      await expect(create).toHaveAccessibleDescription(/api_keys:manage/);
    }

    await page.goto("/runs");
    if (seesRuns) await expect(page.getByText("No runs in live yet")).toBeVisible();
    else await expect(page.getByRole("main")).toContainText("runs:read");
    await page.getByRole("button", { name: /^Environment:/ }).click();
    const createEnvironment = page.getByRole("menuitem", { name: /Create environment/ });
    if (mayCreate) await expect(createEnvironment).not.toHaveAttribute("aria-disabled", "true");
    else {
      await expect(createEnvironment).toHaveAttribute("aria-disabled", "true");
      await expect(createEnvironment).toContainText("api_keys:manage");
    }

    const status = async (method: "get" | "post", path: string, data?: object) =>
      (await page.request[method](path, data ? { data } : {})).status();
    expect(await status("get", "/api/api-keys")).toBe(seesKeys ? 200 : 403);
    expect(await status("get", "/api/runs")).toBe(seesRuns ? 200 : 403);
    expect(await status("post", "/api/api-keys", { name: "k" })).toBe(mayCreate ? 201 : 403);
    expect(await status("post", "/api/environments", { slug: "dev" })).toBe(mayCreate ? 201 : 403);
  });
}
