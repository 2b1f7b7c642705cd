/** The page of one run: what came of it, the way through the graph, payloads as trees, where the time went; deep links, keyboard, phones, roles. */
import type { Page } from "@playwright/test";
import { example, newKey, publish, send, sendToEnd } from "./fixtures/program.ts";
import { expect, test } from "./fixtures/test.ts";
import { expressionGraph, neverEndingGraph, throwingGraph } from "../fixtures/graphs.ts";

const MIXED = expressionGraph({
  eligible: "offering.kind != 'never'",
  score: "offering.kind == 'bad' ? date(offering.kind) : offering.points",
  reasons: "['because it is ' + offering.kind]",
});
const MIXED_REQUEST = {
  input: { a: 1 },
  offerings: [
    { id: "c", name: "Never", kind: "never", points: 0 },
    { id: "b", name: "Silver", kind: "fine", points: 40 },
    { id: "bad", name: "Broken", kind: "bad", points: 1 },
    { id: "a", name: "Gold", kind: "fine", points: 77.5 },
  ],
};

const tab = (page: Page, name: string) => page.getByRole("tab", { name, exact: true });
const group = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const steps = (page: Page) => page.getByRole("list", { name: "Steps" }).getByRole("button");
const noSidewaysScroll = async (page: Page) =>
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);

test("offerings are ranked with reasons, and lead to their traces", async ({ page, people, login, api }) => {
  await login(people.owner);
  const key = await newKey(page);
  await publish(api, key, "mixed", MIXED, { type: "placement" });
  const id = await sendToEnd(api, key, "mixed", MIXED_REQUEST);
  await page.goto(`/runs/${id}`);
  await expect(group(page, "Eligible").getByRole("listitem").filter({ hasText: "Score" })).toContainText([
    /1Gold.*77\.5.*because it is fine/,
    /2Silver.*40.*because it is fine/,
  ]);
  await expect(group(page, "Not eligible")).toContainText("because it is never");
  await expect(group(page, "Could not be evaluated")).toContainText("failed to evaluate the expression");

  await page.getByRole("link", { name: "Show Expressions in the trace" }).click();
  await expect(page).toHaveURL(
    new RegExp(`/runs/${id}\\?.*tab=trace.*offering=bad.*node=expr|node=expr.*offering=bad`),
  );
  await expect(page.getByRole("article", { name: "Node Expressions" })).toContainText("failed to evaluate");
  await expect(steps(page)).toHaveText([/^1Input/, /^2Expressionsfailed/]);

  // The next offering, at the same node.
  await page.getByRole("button", { name: "Next offering" }).click();
  await expect(page).toHaveURL(/offering=a/);
  await expect(page.getByRole("article", { name: "Node Expressions" })).toContainText('"score": 77.5');
  await expect(steps(page)).toHaveCount(3);
});

test("a trace opens by its link, node by node, with what each was given and gave", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  const key = await newKey(page);
  const id = await sendToEnd(api, key, "company-check", await example(page, "company-check"));
  await page.goto(`/runs/${id}?tab=trace&node=country`);
  await expect(tab(page, "Trace")).toHaveAttribute("aria-selected", "true");
  const node = page.getByRole("article", { name: "Node Country" });
  await expect(node).toContainText(/Row \d+ of \d+ matched/);
  await expect(node.getByRole("tree", { name: "Input" })).toContainText('"country": "DE"');
  await expect(node.getByRole("tree", { name: "Output" })).toContainText('"country_risk": "ordinary"');
  const graph = page.getByRole("region", { name: "Way through the graph" });
  await graph.locator('[data-node="findings"]').click();
  await expect(page).toHaveURL(/node=findings/);
  await expect(page.getByRole("article", { name: "Node Findings" })).toBeVisible();
  await steps(page).first().press("Enter");
  await expect(page.getByRole("article", { name: "Node Request" })).toBeVisible();
  await expect(page).toHaveURL(/node=input/);
  await page.reload();
  await expect(page.getByRole("article", { name: "Node Request" })).toBeVisible();
});

test("a failed run names the node, and goes to it and to the tester", async ({ page, people, login, api }) => {
  await login(people.owner);
  const key = await newKey(page);
  await publish(api, key, "throws", throwingGraph());
  const id = await sendToEnd(api, key, "throws", { input: { amount: 3 } });
  await page.goto(`/runs/${id}`);
  await expect(page.getByRole("region", { name: "Error" })).toContainText("thrown on purpose");
  await expect(page.getByRole("link", { name: "Open in tester" })).toHaveAttribute(
    "href",
    new RegExp(`^/runs/new\\?.*from=${id}`),
  );
  await page.getByRole("link", { name: "Show the node in the trace" }).click();
  await expect(page.getByRole("article", { name: "Node Function" })).toContainText("thrown on purpose");
});

test("a payload is folded, searched and copied by keyboard, however large", async ({
  page,
  people,
  login,
  api,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await login(people.owner);
  const key = await newKey(page);
  const rows = Array.from({ length: 8_000 }, (_, n) => ({ row: n, text: `the text of row ${n}` }));
  const id = await sendToEnd(api, key, "company-check", { input: { rows } });
  await page.goto(`/runs/${id}?tab=input`);
  const tree = page.getByRole("tree", { name: "Input" });
  await expect(tree).toContainText("[ 8000 items ]");
  await tree.focus();
  await tree.press("ArrowDown");
  // Unfolds the list, goes into it, unfolds its first item.
  for (let n = 0; n < 3; n++) await tree.press("ArrowRight");
  await expect(tree).toContainText('"row": 0');
  // Only what is in sight is in the page.
  expect(await tree.getByRole("treeitem").count()).toBeLessThan(200);

  await tree.press("/");
  const box = page.getByRole("textbox", { name: "Search in input" });
  await box.fill("ROW 7654");
  await box.press("Enter");
  await expect(tree.locator("[aria-selected=true]")).toContainText("the text of row 7654");
  await expect(page.getByText("1 of 1")).toBeVisible();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole("button", { name: "Copy path" }).click();
  await expect.poll(clipboard).toBe("input.rows[7654].text");
  await page.getByRole("button", { name: "Copy value" }).click();
  await expect.poll(clipboard).toBe("the text of row 7654");
  await page.getByRole("button", { name: "Copy input" }).click();
  await expect.poll(async () => (JSON.parse(await clipboard()) as { rows: unknown[] }).rows.length).toBe(8_000);
});

test("while it goes on the page follows, and the timeline draws waiting and executing", async ({
  page,
  people,
  login,
  api,
}) => {
  await login(people.owner);
  const key = await newKey(page);
  await publish(api, key, "never-ends", neverEndingGraph());
  const id = await send(api, key, "never-ends", { input: {} });
  await page.goto(`/runs/${id}?tab=trace`);
  await expect(page.getByText("The trace is shown when the run has ended.")).toBeVisible();
  await tab(page, "Timeline").click();
  await expect(page).toHaveURL(/tab=timeline/);
  const spans = page.getByRole("region", { name: "Where the time went" });
  await expect(spans).toContainText("So far");
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel run" }).click();
  await expect(spans).toContainText("In all");
  await expect(page.getByRole("list", { name: "Moments" })).toContainText("Canceled");
  await tab(page, "Trace").click();
  await expect(page.getByText("what it had done is not kept")).toBeVisible();
});

test("on a phone nothing scrolls sideways, and a chosen node comes into sight", async ({
  page,
  people,
  login,
  api,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await login(people.owner);
  const key = await newKey(page);
  const id = await sendToEnd(api, key, "loan-placement", await example(page, "loan-placement"));
  for (const name of ["overview", "trace", "input", "output", "timeline"]) {
    await page.goto(`/runs/${id}?tab=${name}`);
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await noSidewaysScroll(page);
  }
  await page.goto(`/runs/${id}?tab=trace`);
  await steps(page).nth(3).click();
  await expect(page.getByRole("article", { name: "Node Speed" }).getByRole("heading", { level: 3 })).toBeInViewport();
});

test("a member sees the run without payloads, trace or tester", async ({ page, people, login, api }) => {
  await login(people.owner);
  const key = await newKey(page);
  const id = await sendToEnd(api, key, "company-check", await example(page, "company-check"));
  await login(people.viewer, `/runs/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(id);
  await expect(page.getByRole("button", { name: "Open in tester" })).toHaveAccessibleDescription(/payloads:read/);
  for (const name of ["Overview", "Trace", "Input", "Output"]) {
    await tab(page, name).click();
    await expect(page.getByRole("tabpanel").getByText("payloads:read")).toBeVisible();
  }
  expect(await page.content()).not.toContain("Hanse Maritime");
  await tab(page, "Timeline").click();
  await expect(page.getByRole("list", { name: "Moments" })).toContainText("Completed");
  expect((await page.request.get(`/api/runs/${id}/trace`)).status()).toBe(403);
});
