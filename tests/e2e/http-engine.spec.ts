/** An engine that is a service: made in the portal, its secret shown once, edited, published, called, finished by callback, and rotated. */
import { Webhook } from "standardwebhooks";
import { startReceiver } from "../fixtures/receiver.ts";
import { expect, test } from "./fixtures/test.ts";

test("an engine team makes a service an engine, and a run is signed, answered 202 and finished by callback", async ({
  page,
  people,
  login,
  request,
}) => {
  const service = await startReceiver((_, response) => void response.writeHead(202).end());
  await login(people.owner, "/engines");
  await page.getByRole("button", { name: "Create engine" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create engine" });
  await dialog.getByLabel("Name").fill("Fraud score");
  await dialog.getByRole("radio", { name: /^HTTP/ }).click();
  await dialog.getByRole("button", { name: "Create engine" }).click();

  // Nothing but its own button takes the secret away.
  const secret = (await page.locator("[data-shown-once]").textContent())!.trim();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await page.keyboard.press("Escape");
  await expect(page.locator("[data-shown-once]")).toBeVisible();
  await page.getByRole("button", { name: "I have stored it" }).click();
  await page.waitForURL(/\/engines\/fraud-score/);
  await expect(page.getByText(secret)).toHaveCount(0);

  await page.getByLabel("URL of the service").fill("https://10.0.0.1/score");
  await expect(page.getByLabel("URL of the service")).toHaveAccessibleDescription(
    /must not be an address that is not public/,
  );
  await page.getByLabel("URL of the service").fill(`${service.url}/score`);
  await page.getByLabel("Deadline of a callback").fill("2");
  await page.getByLabel("Unit of the deadline").selectOption("h");
  await page.getByRole("button", { name: "Add header" }).click();
  await page.getByLabel("Name of header 1").fill("Authorization");
  await page.getByLabel("Value of header 1").fill("Bearer x");
  await expect(page.getByText("would hold a credential")).toBeVisible();
  await page.getByLabel("Name of header 1").fill("X-Team");
  await expect(page.getByText("would hold a credential")).toHaveCount(0);
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText(/^Saved /)).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("URL of the service")).toHaveValue(`${service.url}/score`);
  await expect(page.getByLabel("Deadline of a callback")).toHaveValue("2");

  // What cannot be saved is not published; what is not saved yet is saved first.
  const publish = page.getByRole("button", { name: "Publish…" });
  await page.getByLabel("Deadline of a callback").fill("soon");
  await expect(publish).toHaveAccessibleDescription("The deadline needs a number");
  await page.getByLabel("Deadline of a callback").fill("3");
  await expect(page.getByText("Unsaved changes")).toBeVisible();
  await page.getByRole("link", { name: "Versions" }).click();
  await expect(page.getByText("Nothing published yet")).toBeVisible();
  await page.getByRole("link", { name: "Editor" }).click();
  await expect(page.getByLabel("Deadline of a callback")).toHaveValue("3");
  await publish.click();
  await page.getByRole("dialog", { name: "Publish Fraud score" }).getByRole("button", { name: "Publish 1.0" }).click();
  await expect(page.getByText("is latest")).toBeVisible();
  const published = await page.request.get("/api/engines/fraud-score/versions/1.0");
  expect(await published.json()).toMatchObject({ config: { callback_timeout_ms: 10_800_000 } });

  const sent = await page.request.post("/api/runs", { data: { engine: "fraud-score", input: { amount: 21 } } });
  const { run_id: runId } = (await sent.json()) as { run_id: string };
  await expect.poll(() => service.received.length).toBe(1);
  const { body } = service.received[0]!;
  const headers = service.received[0]!.headers as Record<string, string>;
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({ run_id: runId, environment: "live" });
  expect(headers["x-team"]).toBe("Bearer x");
  const { callback } = JSON.parse(body) as { callback: { url: string; token: string } };
  const finish = () =>
    request.post(callback.url, {
      headers: { authorization: `Bearer ${callback.token}` },
      data: { output: { score: 0.87 } },
    });
  expect((await finish()).status()).toBe(200);
  expect((await finish()).status()).toBe(409);
  await page.goto(`/runs/${runId}`);
  await expect(page.getByText("Completed").first()).toBeVisible();
  await expect(page.getByText("0.87").first()).toBeVisible();
  await service.stop();
});

test("the secret is replaced, and shown once; whoever may not change engines is told so", async ({
  page,
  people,
  login,
}) => {
  await login(people.developer, "/engines");
  const made = await page.request.post("/api/engines", {
    data: { slug: "scoring", name: "Scoring", type: "http", config: { url: "https://scoring.example.com/" } },
  });
  const { secret: first } = (await made.json()) as { secret: string };
  await page.goto("/engines/scoring");
  await page.getByRole("button", { name: "Rotate secret…" }).click();
  const dialog = page.getByRole("dialog", { name: "Rotate the secret of Scoring" });
  await dialog.getByRole("radio", { name: /^Now/ }).click();
  await dialog.getByRole("button", { name: "Rotate secret" }).click();
  const second = (await page.locator("[data-shown-once]").textContent())!.trim();
  expect(second).toMatch(/^whsec_/);
  expect(second).not.toBe(first);
  await page.getByRole("button", { name: "I have stored it" }).click();
  await expect(page.getByText(second)).toHaveCount(0);

  await login(people.viewer, "/engines/scoring");
  await expect(page.getByRole("main")).toContainText("This needs the permission engines:manage");
  await expect(page.getByText("scoring.example.com")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Publish…" })).toHaveAccessibleDescription(/engines:manage/);
  await login(people.owner, "/engines/scoring?environment=all");
  await expect(page.getByLabel("URL of the service")).not.toBeEditable();
  await expect(page.getByRole("button", { name: "Add header" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Rotate secret…" })).toHaveAccessibleDescription(/read-only/);
});
