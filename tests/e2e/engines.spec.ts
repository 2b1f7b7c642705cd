/** Developing an engine: create, edit, mend what is wrong, try, publish, and run the new version; two people at one draft; the keyboard. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Locator, Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { expect, test } from "./fixtures/test.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const editorOf = (page: Page): Locator => page.getByRole("textbox", { name: "Draft" });
const nodeOf = (page: Page, id: string): Locator => page.locator(`button[data-node="${id}"]`);
const save = (page: Page): Promise<void> => page.keyboard.press("Control+s");
const saved = (page: Page): Promise<void> => expect(page.getByText(/^Saved (just now|\d)/)).toBeVisible();

/** Makes an engine beside the page, as a program would. */
async function makeEngine(page: Page, slug: string, config: object): Promise<void> {
  const data = { slug, name: "Limits", type: "entity_analysis", config };
  expect((await page.request.post("/api/engines", { data })).status()).toBe(201);
}

/** Three nodes in a line; the one in the middle computes `findings` by this expression. */
function graph(expression: string): object {
  return {
    nodes: [
      { id: "in", type: "inputNode", name: "Request" },
      {
        id: "sum",
        type: "expressionNode",
        name: "Summary",
        content: { expressions: [{ id: "e", key: "findings", value: expression }], passThrough: false },
      },
      { id: "out", type: "outputNode", name: "Answer" },
    ],
    edges: [
      { id: "e1", sourceId: "in", targetId: "sum" },
      { id: "e2", sourceId: "sum", targetId: "out" },
    ],
  };
}

/** Types over the one place in the draft that reads `from`, by the editor's own search. */
async function replaceInDraft(page: Page, from: string, to: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press("Control+f");
  await page.keyboard.type(from);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.keyboard.insertText(to);
}

test("an engine is created, mended where it is wrong, tried, published, and run in its new version", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner, "/engines");
  await page.getByRole("button", { name: "Create engine" }).click();
  const dialog = page.getByRole("dialog", { name: "Create engine" });
  await dialog.getByLabel("Name").fill("Company check");
  await expect(dialog.getByLabel("Slug")).toHaveValue("company-check");
  await expect(dialog.getByLabel("Slug")).toHaveAccessibleDescription(/company-check is taken/);
  await dialog.getByLabel("Slug").fill("Triage");
  await expect(dialog.getByRole("button", { name: "Create engine" })).toHaveAccessibleDescription(/3 to 50 lowercase/);
  await dialog.getByLabel("Slug").fill("triage");
  await dialog.getByRole("radio", { name: /^Entity analysis/ }).click();
  await dialog.getByRole("button", { name: "Create engine" }).click();
  await expect(page).toHaveURL(/\/engines\/triage$/);
  await expect(page.getByText("Not published")).toBeVisible();
  await expect(page.locator("button[data-node]")).toHaveCount(3);

  // An expression that cannot be compiled is said at its place, in the text and on the graph.
  await replaceInDraft(page, '"[]"', '"[{message: input.}]"');
  await expect(page.getByText("Unsaved changes")).toBeVisible();
  await expect(page.locator(".cm-lintRange-error").first()).toContainText("input.");
  await expect(page.locator(".cm-line-message-error")).toContainText("input.");
  await expect(nodeOf(page, "answer")).toHaveAccessibleName(/^Answer\b.*expressions.*1 problem\./);
  await page.getByRole("tab", { name: /^Problems/ }).click();
  await page.getByRole("list", { name: "Problems" }).getByRole("button").click();
  await expect(editorOf(page)).toBeFocused();
  await expect(nodeOf(page, "answer")).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.insertText(`"[{code: 'seen', severity: 'low', message: 'Seen ' + string(amount)}]"`);
  await expect(page.getByText("No problems: this draft can be published.")).toBeVisible();

  // What is tried is what stands in the editor, saved or not; the path is drawn.
  await page.getByRole("tab", { name: "Try it" }).click();
  await page.getByRole("textbox", { name: "Request" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"input": {"amount": 7}}');
  await page.keyboard.press("Control+Enter");
  const result = page.getByRole("region", { name: "Result" });
  await expect(result.getByText("COMPLETED")).toBeVisible();
  await expect(result.getByText("Seen 7")).toBeVisible();
  await expect(nodeOf(page, "answer")).toHaveAccessibleName(/Taken/);

  await save(page);
  await saved(page);
  await page.getByRole("button", { name: "Publish…" }).click();
  const publishing = page.getByRole("dialog", { name: /^Publish/ });
  await publishing.getByRole("button", { name: "Publish 1.0" }).click();
  await expect(page.getByText("1.0 is latest")).toBeVisible();

  const { key } = (await (await page.request.post("/api/api-keys", { data: { name: "Sender" } })).json()) as {
    key: string;
  };
  const { body } = await api(key, "POST", "/api/v1/engines/triage/runs", { input: { amount: 9 } });
  await expect(async () => {
    const run = await api(key, "GET", `/api/v1/runs/${String(body["run_id"])}`);
    expect(run.body).toMatchObject({ status: "COMPLETED", engine_version: "1.0" });
    expect(JSON.stringify(run.body["output"])).toContain("Seen 9");
  }).toPass();
});

test("a draft that somebody else has saved meanwhile is never overwritten unseen", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/409/);
  await login(people.owner);
  await makeEngine(page, "shared", graph("[]"));
  await page.goto("/engines/shared");
  await replaceInDraft(page, '"[]"', `"['mine']"`);
  // Somebody else, elsewhere.
  const theirs = await page.request.put("/api/engines/shared/config", { data: { config: graph("['theirs']") } });
  expect(theirs.status()).toBe(200);

  await save(page);
  const notice = page.getByRole("alert").filter({ hasText: "saved another draft" });
  await expect(notice).toBeVisible();
  await expect(editorOf(page)).toContainText("['mine']");
  await notice.getByRole("button", { name: "Compare" }).click();
  const compare = page.getByRole("dialog", { name: "Their draft and yours" });
  await expect(compare).toContainText("['theirs']");
  await expect(compare).toContainText("['mine']");
  await compare.getByRole("button", { name: "Take theirs" }).click();
  await expect(editorOf(page)).toContainText("['theirs']");
  await saved(page);

  await replaceInDraft(page, `"['theirs']"`, `"['again mine']"`);
  await page.request.put("/api/engines/shared/config", { data: { config: graph("['again theirs']") } });
  await save(page);
  await notice.getByRole("button", { name: "Replace it with mine" }).click();
  await saved(page);
  const stored = (await (await page.request.get("/api/engines/shared/config")).json()) as object;
  expect(JSON.stringify(stored)).toContain("['again mine']");
});

test("text and graph are operated by keyboard, and unsaved work is not lost by leaving", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  await makeEngine(page, "keys", graph("[]"));
  await page.goto("/engines/keys");

  await nodeOf(page, "in").focus();
  await page.keyboard.press("ArrowRight");
  const middle = nodeOf(page, "sum");
  await expect(middle).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(middle).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator(".cm-activeLine").first()).toContainText("Summary");
  await page.keyboard.press("Escape");
  await expect(middle).toHaveAttribute("aria-pressed", "false");

  // Tab indents in the text; after Escape it leaves it.
  const editor = editorOf(page);
  await editor.focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Tab");
  await expect(editor).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(editor).not.toBeFocused();

  await page.getByRole("link", { name: "Runs", exact: true }).click();
  const leaving = page.getByRole("dialog", { name: "Leave without saving?" });
  await leaving.getByRole("button", { name: "Stay" }).click();
  await expect(page).toHaveURL(/\/engines\/keys$/);
  // The other tabs of the engine are no leaving.
  const tabs = page.getByRole("navigation", { name: "Engine", exact: true });
  await tabs.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByLabel("Timeout of one run")).toBeVisible();
  await tabs.getByRole("link", { name: "Editor" }).click();
  await expect(page.getByText("Unsaved changes")).toBeVisible();
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await leaving.getByRole("button", { name: "Leave without saving" }).click();
  await expect(page).toHaveURL(/\/runs$/);
  await page.goto("/engines/keys");
  await saved(page);
});

test("settings are saved with their units, and those who may not change an engine are told why", async ({
  page,
  people,
  login,
}) => {
  await login(people.owner);
  await makeEngine(page, "slow", graph("[]"));
  await page.goto("/engines/slow/settings");
  await expect(page.getByLabel("Timeout of one run")).toHaveValue("30");
  await page.getByLabel("Timeout of one run").fill("11");
  await page.getByLabel("Unit of the timeout").selectOption("min");
  await expect(page.getByLabel("Timeout of one run")).toHaveAccessibleDescription(/longest timeout is 10 minutes/);
  await page.getByLabel("Timeout of one run").fill("1.5");
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Settings saved").first()).toBeVisible();
  const engine = (await (await page.request.get("/api/engines/slow")).json()) as { timeout_ms: number };
  expect(engine.timeout_ms).toBe(90_000);

  await page.goto("/engines/slow?environment=all");
  await expect(page.getByRole("button", { name: "Publish…" })).toHaveAccessibleDescription(
    /All environments is read-only/,
  );
  const tabs = page.getByRole("navigation", { name: "Engine", exact: true });
  await expect(tabs.getByRole("link", { name: "Settings" })).toHaveAttribute("href", /environment=all/);
  await login(people.viewer, "/engines/slow");
  await expect(page.getByRole("main")).toContainText("This needs the permission engines:manage");
  await expect(page.getByRole("button", { name: "Publish…" })).toHaveAccessibleDescription(/engines:manage/);
  await expect(page.getByRole("textbox", { name: "Draft" })).toHaveCount(0);
  for (const path of ["config", "versions/1.0", "diff?from=1.0&to=draft"])
    expect((await page.request.get(`/api/engines/slow/${path}`)).status()).toBe(403);
});

test("a graph of 200 nodes is laid out beside the page, anew when a node comes", async ({ page, people, login }) => {
  await login(people.owner);
  const nodes = Array.from({ length: 200 }, (_, n) => ({ id: `n${n}`, type: "expressionNode", name: `Node ${n}` }));
  const edges = nodes.slice(1).map(({ id }, n) => ({ id: `e${n}`, sourceId: `n${n >> 1}`, targetId: id }));
  await makeEngine(page, "large", { nodes, edges });
  const worker = page.waitForEvent("worker");
  await page.goto("/engines/large");
  await worker;
  await expect(page.locator("button[data-node]")).toHaveCount(200);
  await expect(page.getByText("Laying out 200 nodes")).toHaveCount(0);
  await replaceInDraft(page, '"sourceId": "n0", "targetId": "n1"', '"sourceId": "n0", "targetId": "gone"');
  await expect(page.locator("button[data-node]")).toHaveCount(201);
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, viewport] of [
    ["a screen", { width: 1440, height: 900 }],
    ["a phone", { width: 390, height: 844 }],
  ] as const) {
    test(`the editor can be read and used, ${colorScheme}, on ${device}`, async ({ page, people, login }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(viewport);
      await login(people.owner);
      await makeEngine(page, "broken", { ...graph("1 +"), edges: [{ id: "e1", sourceId: "in", targetId: "gone" }] });
      for (const [path, ready] of [
        ["/engines/company-check", "button[data-node]"],
        ["/engines/broken", ".cm-lintRange-error"],
        ["/engines/broken/settings", "main form"],
      ] as const) {
        await page.goto(path);
        await expect(page.locator(ready).first()).toBeVisible();
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        expect(await violations(page), path).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
      }
      await page.goto("/engines/company-check");
      await page.getByRole("button", { name: "Try", exact: true }).click();
      await expect(page.getByText("COMPLETED")).toBeVisible();
      await expect(nodeOf(page, "input")).toHaveAccessibleName(/Taken/);
      expect(await violations(page), "with a path").toEqual([]);
    });
  }
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => {
    type Axe = { run: (root: Document, options: object) => Promise<AxeResults> };
    return (window as unknown as { axe: Axe }).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    });
  });
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
  );
}
