/** WCAG 2.2 AA as far as a program can tell, on every page, in both themes, on a screen and on a phone. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { startReceiver } from "../fixtures/receiver.ts";
import { example } from "./fixtures/program.ts";
import { expect, test } from "./fixtures/test.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What is wrong with the page as it stands, one line an element. */
async function problems(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (rules) =>
      (window as unknown as { axe: { run: (root: Document, options: object) => Promise<AxeResults> } }).axe.run(
        document,
        { runOnly: rules },
      ),
    RULES,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes
      .filter((node) => !(id === "target-size" && isCoveredByClippedNodes(node)))
      .map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
  );
}

/** axe does not see that a graph's nodes are clipped at its edge: what lies beyond covers nothing. */
function isCoveredByClippedNodes({ any }: AxeResults["violations"][number]["nodes"][number]): boolean {
  const covering = any.flatMap(({ relatedNodes = [] }) => relatedNodes);
  return covering.some(({ html, target }) => /data-node|react-flow/.test(html + target.join(" ")));
}

async function expectUsable(page: Page, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    expect(await problems(page), path).toEqual([]);
  }
}

const PAGES = [
  "/runs",
  "/runs?environment=dev",
  "/runs?environment=all&status=FAILED",
  "/runs?status=NOPE",
  "/runs#find=input.country:*",
  "/runs/new?engine=company-check",
  "/runs/new?environment=all",
  "/api-keys",
  "/api-keys?environment=all",
  "/engines",
  "/engines/scoring",
  "/engines/loan-placement/versions",
  "/engines/loan-placement/versions/1.0",
  "/engines/loan-placement/versions/diff?from=1.0&to=draft",
  "/metrics",
  "/usage?environment=nowhere",
  "/webhooks?environment=dev",
  "/settings/limits",
];

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, viewport] of [
    ["a screen", { width: 1440, height: 900 }],
    ["a phone", { width: 390, height: 844 }],
  ] as const) {
    test(`every page can be read and used, ${colorScheme}, on ${device}`, async ({ page, people, login, api }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(viewport);
      await login(people.owner);
      expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
      const scoring = {
        slug: "scoring",
        name: "Scoring",
        type: "http",
        config: { url: "https://scoring.example.com/" },
      };
      expect((await page.request.post("/api/engines", { data: scoring })).status()).toBe(201);
      const made = await page.request.post("/api/api-keys", { data: { name: "Sender" } });
      const { key } = (await made.json()) as { key: string };
      const runs: string[] = [];
      for (const engine of ["loan-placement", "company-check"]) {
        const input = (await (await page.request.get(`/examples/${engine}.json`)).json()) as unknown;
        const { body } = await api(key, "POST", `/api/v1/engines/${engine}/runs`, input);
        runs.push(body["run_id"] as string);
      }
      await expectUsable(page, [
        ...PAGES,
        ...runs.flatMap((id) =>
          ["", "?tab=trace", "?tab=input", "?tab=timeline"].map((query) => `/runs/${id}${query}`),
        ),
      ]);

      await page.goto("/api-keys");
      await page.getByRole("button", { name: /^Environment:/ }).click();
      expect(await problems(page), "the dropdown").toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Create key" }).click();
      await page.getByRole("radio", { name: /^Custom/ }).click();
      expect(await problems(page), "the key dialog").toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("dialog", { name: "Search or jump" })).toBeVisible();
      expect(await problems(page), "the palette").toEqual([]);
    });

    test(`the pages of webhooks can be read and used, ${colorScheme}, on ${device}`, async ({
      page,
      people,
      login,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(viewport);
      await login(people.owner);
      const receiver = await startReceiver((_, response) => void response.writeHead(500).end("no"));
      const made = await page.request.post("/api/webhooks", { data: { url: receiver.url } });
      const { id } = (await made.json()) as { id: string };
      const sent = await page.request.post(`/api/webhooks/${id}/ping`, { data: {} });
      const { delivery_id: delivery } = (await sent.json()) as { delivery_id: string };
      const { run_id: runId } = (await (
        await page.request.post("/api/runs", {
          data: { engine: "company-check", ...((await example(page, "company-check")) as { input: unknown }) },
        })
      ).json()) as { run_id: string };
      await page.request.post(`/api/webhooks/${id}/rotate-secret`, { data: { keep_old: "24h" } });
      await expect.poll(() => receiver.received.length).toBeGreaterThan(1);
      await expectUsable(page, [
        "/webhooks",
        "/webhooks?environment=all",
        "/webhooks/deliveries",
        `/webhooks/deliveries?endpoint=${id}`,
        `/runs/${runId}?tab=webhooks`,
        "/webhooks/events",
        ...["", "/check", "/verify", "/settings", `?delivery=${id}/${delivery}`, `/deliveries/${delivery}`].map(
          (rest) => `/webhooks/${id}${rest}`,
        ),
      ]);
      await page.goto(`/webhooks/${id}/check`);
      await page.getByRole("button", { name: "Check receiver" }).click();
      await expect(page.getByText(/^The receiver handled/)).toBeVisible();
      expect(await problems(page), "the receiver check").toEqual([]);
      await page.goto("/webhooks");
      await page.getByRole("button", { name: "Create endpoint" }).click();
      expect(await problems(page), "the endpoint dialog").toEqual([]);
      await receiver.stop();
    });
  }
}

test("the dropdown is operated by keyboard alone, from the closed control to a new environment", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner, "/api-keys");
  const dropdown = page.getByRole("button", { name: /^Environment:/ });
  await dropdown.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: /Create environment/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Create environment" }).getByLabel("Slug")).toBeFocused();
  await page.keyboard.type("dev");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Create key" }).getByLabel("Name")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/environment=dev/);

  await dropdown.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("a");
  await expect(page.getByRole("menuitemradio", { name: /^All/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/environment=all/);
  await expect(dropdown).toBeFocused();
});

test("the theme follows the system until it is chosen, and the choice is in the first bytes of the next page", async ({
  page,
  people,
  login,
}) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await login(people.owner);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  expect(light).not.toBe(dark);

  await page.getByRole("button", { name: /^Theme:/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  expect(await background()).toBe(dark);
  const html = await (await page.request.get("/runs")).text();
  expect(html).toMatch(/<html[^>]*data-theme="dark"/);
  expect(html, "no inline script without a nonce").not.toMatch(/<script(?![^>]*\bnonce=)(?![^>]*\bsrc=)/);
  await page.reload();
  expect(await background()).toBe(dark);
});

test("the palette goes anywhere and keeps the environment", async ({ page, people, login }) => {
  await login(people.owner);
  expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
  await page.goto("/runs?environment=dev");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("api ke");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/api-keys\?environment=dev$/);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("all");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/api-keys\?environment=all$/);
});
