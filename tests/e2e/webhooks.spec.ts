/** The webhooks pages against a real receiver: an endpoint's whole life, what was sent to it, how its receiver does, who may do what, phones. */
import type { Page } from "@playwright/test";
import { Webhook } from "standardwebhooks";
import { type Answer, type Receiver, startReceiver } from "../fixtures/receiver.ts";
import { expect, test } from "./fixtures/test.ts";

const receivers: Receiver[] = [];

async function receiverOf(answer: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

test.afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
});

/** An endpoint made beside the browser. Its secret and its page. */
async function makeEndpoint(page: Page, url: string, environment = "live") {
  const made = await page.request.post(`/api/webhooks?environment=${environment}`, { data: { url } });
  expect(made.status()).toBe(201);
  const { id, secret } = (await made.json()) as { id: string; secret: string };
  return { id, secret, path: `/webhooks/${id}` };
}

async function sendRun(page: Page, environment = "live"): Promise<string> {
  const input = (await (await page.request.get("/examples/company-check.json")).json()) as { input: unknown };
  const data = { engine: "company-check", ...input };
  const sent = await page.request.post(`/api/runs?environment=${environment}`, { data });
  expect(sent.status()).toBe(202);
  return ((await sent.json()) as { run_id: string }).run_id;
}

const verified = (secret: string, { body, headers }: Receiver["received"][number]) =>
  new Webhook(secret).verify(body, headers as Record<string, string>) as { id: string; type: string; data: unknown };

/** The secret in its one moment, stored by the person. */
async function storeSecret(page: Page): Promise<string> {
  const shown = page.locator("[data-shown-once]");
  const secret = (await shown.textContent())!.trim();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await page.keyboard.press("Escape");
  await expect(shown).toBeVisible();
  await page.getByRole("button", { name: "I have stored it" }).click();
  await expect(page.getByText(secret)).toHaveCount(0);
  return secret;
}

const deliveryRows = (page: Page) => page.getByRole("table", { name: "Deliveries" }).locator("tbody tr");
const noSidewaysScroll = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

test("an endpoint is made with its secret shown once; a run's end arrives, is looked into and sent again; the secret is replaced", async ({
  page,
  people,
  login,
  problems,
}) => {
  problems.allow(/status of 400/);
  const receiver = await receiverOf(() => ({ received: true }));
  await login(people.owner, "/webhooks");
  await page.getByRole("button", { name: "Create endpoint" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create endpoint" });
  await dialog.getByLabel("URL").fill("https://10.0.0.1/hooks");
  await dialog.getByRole("button", { name: "Create endpoint" }).click();
  await expect(dialog.getByLabel("URL")).toHaveAccessibleDescription(/must not be an address that is not public/);
  await dialog.getByLabel("URL").fill(`${receiver.url}/hooks`);
  await dialog.getByRole("button", { name: "Create endpoint" }).click();
  const first = await storeSecret(page);
  await page.waitForURL(/\/webhooks\/[0-9a-f-]{36}$/);
  await expect(page.getByText("No deliveries yet")).toBeVisible();

  const runId = await sendRun(page);
  await expect.poll(() => receiver.received.length).toBe(1);
  const sent = receiver.received[0]!;
  expect(verified(first, sent)).toMatchObject({ type: "run.completed", data: { run: { run_id: runId } } });

  // The list takes it in by itself, and opens it at the side.
  await expect(deliveryRows(page)).toContainText("DELIVERED");
  await deliveryRows(page).getByText("run.completed").click();
  const panel = page.getByRole("complementary", { name: "Delivery" });
  await expect(panel.getByLabel("Request headers", { exact: true })).toContainText(
    sent.headers["webhook-id"] as string,
  );
  await expect(panel.getByRole("tree", { name: "Response body" })).toContainText("received");
  await panel.getByRole("radiogroup", { name: "How the request body is shown" }).getByText("Raw").click();
  await expect(panel.getByRole("region", { name: "Request body" })).toHaveText(sent.body);

  await panel.getByRole("button", { name: "Resend" }).click();
  await expect.poll(() => receiver.received.length).toBe(2);
  expect(receiver.received[1]!.body).toBe(sent.body);
  await expect(panel.getByRole("button", { name: /#2.*Sent again by hand/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);

  await page.getByRole("link", { name: "Settings", exact: true }).last().click();
  await page.getByRole("button", { name: "Rotate secret…" }).click();
  const rotation = page.getByRole("dialog", { name: "Rotate the signing secret" });
  await rotation.getByRole("radio", { name: /^Now/ }).click();
  await rotation.getByRole("button", { name: "Rotate secret" }).click();
  const second = await storeSecret(page);
  expect(second).not.toBe(first);
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect.poll(() => receiver.received.length).toBe(3);
  expect(verified(second, receiver.received[2]!)).toMatchObject({ type: "ping" });
  expect(() => verified(first, receiver.received[2]!)).toThrow();

  await page.goto(`/runs/${runId}?tab=webhooks`);
  await expect(deliveryRows(page)).toHaveCount(1);
  await expect(deliveryRows(page)).toContainText(`${receiver.url}/hooks`);
});

test("a test event is seen in the head of its endpoint's page as soon as it has come", async ({
  page,
  people,
  login,
}) => {
  const receiver = await receiverOf(() => ({ received: true }));
  await login(people.owner);
  const { path } = await makeEndpoint(page, `${receiver.url}/hooks`);
  await page.goto(path);
  const head = page.locator("header").filter({ hasText: "Last delivery" });
  await expect(head).toContainText("No attempts");
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect.poll(() => receiver.received.length).toBe(1);
  // Well before the page would look by itself.
  await expect(head).toContainText("DELIVERED", { timeout: 4_000 });
  await expect(head).toContainText("100");
});

test("an endpoint that is gone says so in words, and is enabled with what it has missed; one that is deleted keeps its history", async ({
  page,
  people,
  login,
}) => {
  let status = 410;
  const receiver = await receiverOf((_, response) => void response.writeHead(status).end());
  await login(people.owner);
  const { path } = await makeEndpoint(page, `${receiver.url}/hooks`);
  await sendRun(page);
  await page.goto(path);
  await expect(page.getByText("Nothing is sent to this endpoint.")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/answered 410 Gone/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Send test event" })).toHaveAccessibleDescription(/is disabled/);

  status = 204;
  await page.getByRole("button", { name: "Enable…" }).click();
  await page.getByRole("dialog", { name: "Enable endpoint" }).getByRole("button", { name: "Enable endpoint" }).click();
  await expect(page.getByText("1 failed delivery will be sent again.", { exact: true })).toBeVisible();
  await expect.poll(() => receiver.received.length).toBe(2);
  await expect(deliveryRows(page)).toContainText("DELIVERED");

  await page.goto(`${path}/settings`);
  await page.getByRole("button", { name: "Disable…" }).click();
  await page.getByRole("button", { name: "Disable endpoint" }).click();
  await expect(page.getByText("It was disabled by hand.")).toBeVisible();
  await page.getByRole("button", { name: "Delete…" }).click();
  const deletion = page.getByRole("dialog", { name: "Delete endpoint" });
  await deletion.getByRole("textbox").fill(new URL(receiver.url).host);
  await deletion.getByRole("button", { name: "Delete endpoint" }).click();
  await expect(page).toHaveURL(/\/webhooks$/);
  await expect(page.getByText("No endpoints yet")).toBeVisible();
  await page.getByRole("button", { name: "Show deleted endpoints" }).click();
  await page.getByRole("link", { name: `${receiver.url}/hooks` }).click();
  await expect(page.getByText(/^This endpoint was deleted/)).toBeVisible();
  await expect(deliveryRows(page)).toHaveCount(1);
});

test("the receiver check tells a careful receiver from a careless one", async ({ page, people, login }) => {
  let secret: string | null = null;
  const receiver = await receiverOf((received, response) => {
    try {
      if (secret !== null) verified(secret, received);
      response.writeHead(204).end();
    } catch {
      response.writeHead(401).end();
    }
  });
  await login(people.owner);
  const endpoint = await makeEndpoint(page, `${receiver.url}/hooks`);
  await page.goto(`${endpoint.path}/check`);
  const check = (name: string) => page.locator(`[data-check=${name}]`);
  await page.getByRole("button", { name: "Check receiver" }).click();
  await expect(check("valid_signature")).toContainText("Passed");
  await expect(check("bad_signature")).toContainText("Failed");
  await expect(check("bad_signature")).toContainText("What to do");
  await expect(check("stale_timestamp")).toContainText("Failed");
  await expect(page.getByText("The receiver handled 2 requests wrongly.")).toBeVisible();

  secret = endpoint.secret;
  await page.getByRole("button", { name: "Check again" }).click();
  await expect(page.getByText("The receiver handled everything right.")).toBeVisible();
  await expect(page.getByRole("list", { name: "Checks" }).getByText("Passed")).toHaveCount(4);
  await page.goto(endpoint.path);
  await expect(page.getByText("No deliveries yet")).toBeVisible();
});

test("filters stand in the address; new deliveries are announced and move nothing; keys walk through the rows", async ({
  page,
  people,
  login,
}) => {
  const receiver = await receiverOf((_, response) => void response.writeHead(500).end("no"));
  await login(people.owner);
  const { path } = await makeEndpoint(page, `${receiver.url}/hooks`);
  await sendRun(page);
  await expect.poll(() => receiver.received.length).toBe(1);
  await page.goto("/webhooks/deliveries?status=PENDING&event=run.completed&created=soon");
  await expect(page.getByText(/created=soon is not applied/)).toBeVisible();
  await expect(deliveryRows(page)).toHaveCount(1);
  await expect(deliveryRows(page)).toContainText("500");
  await page.getByRole("button", { name: "Clear status filter" }).click();
  await expect(page).not.toHaveURL(/status=/);
  await page.getByRole("button", { name: "Id", exact: true }).click();
  await page.getByLabel("Run id or event id").fill(receiver.received[0]!.headers["webhook-id"] as string);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/event_id=evt_/);
  await expect(deliveryRows(page)).toHaveCount(1);

  await page.goto(path);
  await expect(deliveryRows(page)).toHaveCount(1);
  expect((await page.request.post(`/api${path}/ping?environment=live`)).status()).toBe(202);
  await page.getByRole("button", { name: "1 new delivery" }).click();
  await expect(deliveryRows(page)).toHaveCount(2);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("o");
  const panel = page.getByRole("complementary", { name: "Delivery" });
  await expect(panel.getByText("Not a 2xx.", { exact: true })).toBeVisible();
  await expect(panel.getByText(/^Attempt \d+ /)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
});

test("deliveries are narrowed to one endpoint; one that only fails says so in the list; old secrets say until when they sign", async ({
  page,
  people,
  login,
}) => {
  const [failing, fine] = [
    await receiverOf((_, response) => void response.writeHead(500).end("no")),
    await receiverOf(() => ({ received: true })),
  ];
  await login(people.owner);
  const { id, path } = await makeEndpoint(page, `${failing.url}/failing`);
  await makeEndpoint(page, `${fine.url}/fine`);
  await sendRun(page);
  await expect.poll(() => failing.received.length + fine.received.length).toBe(2);

  await page.goto("/webhooks/deliveries");
  await expect(deliveryRows(page)).toHaveCount(2);
  await page.getByRole("button", { name: "Endpoint", exact: true }).click();
  await page.getByRole("menuitemradio", { name: /failing/ }).click();
  await expect(page).toHaveURL(new RegExp(`endpoint=${id}`));
  await expect(deliveryRows(page)).toHaveCount(1);
  await expect(deliveryRows(page)).toContainText(`${failing.url}/failing`);
  await page.reload();
  await expect(deliveryRows(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Clear endpoint filter" }).click();
  await expect(deliveryRows(page)).toHaveCount(2);

  await page.goto("/webhooks");
  const card = page.getByRole("listitem").filter({ hasText: "/failing" });
  await expect(card).toContainText("Every attempt has failed");
  await expect(card.getByText(/^0\s%$/)).toBeVisible();
  await expect(page.getByText(/^100\s%$/)).toBeVisible();

  await page.goto(`${path}/settings`);
  await expect(page.getByRole("list", { name: "Old secrets" })).toHaveCount(0);
  await page.getByRole("button", { name: "Rotate secret…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate secret" }).click();
  await storeSecret(page);
  await expect(page.getByRole("list", { name: "Old secrets" })).toContainText(/signs until .* UTC/);
});

test("a developer reads and changes nothing, a member sees nothing, and all environments together are read-only", async ({
  page,
  people,
  login,
}) => {
  const receiver = await receiverOf(() => ({ received: true }));
  await login(people.owner);
  expect((await page.request.post("/api/environments", { data: { slug: "dev" } })).status()).toBe(201);
  const { path } = await makeEndpoint(page, `${receiver.url}/hooks`, "dev");
  const runId = await sendRun(page, "dev");
  await expect.poll(() => receiver.received.length).toBe(1);

  await page.goto("/webhooks?environment=all");
  await expect(page.getByRole("main").getByText("dev", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Create endpoint" })).toHaveAccessibleDescription(/read-only/);
  await page.getByRole("link", { name: `${receiver.url}/hooks` }).click();
  await expect(page.getByRole("button", { name: "Send test event" })).toHaveAccessibleDescription(/read-only/);
  await page.goto(path);
  await expect(page, "an endpoint is shown in its own environment").toHaveURL(/environment=dev/);

  await login(people.developer, `${path}/settings?environment=dev`);
  await expect(page.getByRole("textbox", { name: "URL" })).not.toBeEditable();
  for (const name of ["Save", "Rotate secret…", "Set token", "Disable…", "Delete…", "Recover failed…"]) {
    await expect(page.getByRole("button", { name })).toHaveAccessibleDescription(/webhooks:manage/);
  }
  await page.goto(`${path}/check?environment=dev`);
  await expect(page.getByRole("button", { name: "Check receiver" })).toHaveAccessibleDescription(/webhooks:manage/);
  await page.goto(`/runs/${runId}?environment=dev&tab=webhooks`);
  await deliveryRows(page).getByText("run.completed").click();
  await expect(page.getByRole("button", { name: "Resend" })).toHaveAccessibleDescription(/webhooks:manage/);
  await expect(page.getByRole("tree", { name: "Request body" })).toContainText(runId);

  for (const at of ["/webhooks", path, `/runs/${runId}?tab=webhooks`]) {
    await login(people.viewer, `${at}${at.includes("?") ? "&" : "?"}environment=dev`);
    await expect(page.getByText("You cannot see webhooks")).toBeVisible();
    await expect(page.getByText(receiver.url)).toHaveCount(0);
  }
});

test("on a phone deliveries are cards that open as pages, and filters are in a sheet", async ({
  page,
  people,
  login,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const receiver = await receiverOf(() => ({ received: true }));
  await login(people.owner);
  const { path } = await makeEndpoint(page, `${receiver.url}/hooks/${"long-path/".repeat(12)}`);
  await sendRun(page);
  await expect.poll(() => receiver.received.length).toBe(1);
  for (const at of ["/webhooks", path, `${path}/check`, `${path}/verify`, `${path}/settings`, "/webhooks/events"]) {
    await page.goto(at);
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    expect(await noSidewaysScroll(page), at).toBe(true);
  }
  await page.goto("/webhooks/deliveries");
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByRole("dialog", { name: "Filters" }).getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitemcheckbox", { name: "DELIVERED" }).click();
  await expect(page).toHaveURL(/status=DELIVERED/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByRole("listitem").filter({ hasText: "run.completed" }).getByRole("link").click();
  await page.waitForURL(/\/deliveries\/[0-9a-f-]{36}/);
  await expect(page.getByRole("heading", { name: "Response" })).toBeVisible();
  expect(await noSidewaysScroll(page)).toBe(true);
});
