/**
 * Small pieces of HTTP that every part of the local sign-in uses: reading bodies, answering JSON, refusing in WorkOS's words.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

const BODY_LIMIT_BYTES = 64 * 1024;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** A refusal in the shape that the WorkOS SDK turns into its exceptions. */
export class WorkosRefusal extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.message ?? body.error_description ?? body.error ?? "refused"));
    this.status = status;
    this.body = body;
  }
}

/** A terminal OAuth error: AuthKit ends the session on it. */
export function invalidGrant(description: string): WorkosRefusal {
  return new WorkosRefusal(400, { error: "invalid_grant", error_description: description });
}

export function entityNotFound(id: string): WorkosRefusal {
  return new WorkosRefusal(404, { code: "entity_not_found", message: `Could not find '${id}'.`, entity_id: id });
}

/** A 422 that names one field, as WorkOS sends it. */
export function unprocessable(field: string, code: string): WorkosRefusal {
  return new WorkosRefusal(422, { message: "Validation failed.", errors: [{ field, code }] });
}

/** The fields of a JSON or form body; only text counts. */
export async function readFields(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new WorkosRefusal(413, { message: "The body is too large." });
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return {};
  if (request.headers["content-type"]?.includes("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WorkosRefusal(400, { error: "invalid_request", error_description: "The body is not JSON." });
  }
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) =>
      typeof field === "string" || typeof field === "number" ? [[name, String(field)]] : [],
    ),
  );
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, "cache-control": "no-store" });
  response.end();
}

/** Whether an address leads back to this machine; codes and browsers are sent nowhere else. */
export function isLoopbackUrl(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return /^https?:$/.test(url.protocol) && LOOPBACK.has(url.hostname) && url.username === "" && url.password === "";
}

/** Whether a Host header names this machine: a foreign name that was made to resolve here (DNS rebinding) is refused. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && isLoopbackUrl(`http://${host}/`);
}
