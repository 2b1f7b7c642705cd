/** A webhook receiver for the quickstart: listens on loopback, keeps what comes, answers 200, and verifies as a customer's own code would. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export type ReceivedEvent = { path: string; headers: IncomingHttpHeaders; body: string };

export type EventReceiver = {
  /** `http://127.0.0.1:<port>` */
  url: string;
  received: readonly ReceivedEvent[];
  close(): void;
};

const MAX_BODY_BYTES = 1 << 20;
const TOLERANCE_S = 300;

/** Opens it on a free port. */
export async function openReceiver(): Promise<EventReceiver> {
  const received: ReceivedEvent[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on("error", () => {});
    request.on("end", () => {
      received.push({
        path: request.url ?? "/",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      });
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function equals(given: string, expected: Buffer, encoding: "hex" | "base64"): boolean {
  const bytes = Buffer.from(given, encoding);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

/** Whether the event is not older than five minutes and both its signatures were made with this secret. */
export function isVerified({ headers, body }: ReceivedEvent, secret: string): boolean {
  const timestamp = String(headers["webhook-timestamp"]);
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > TOLERANCE_S) return false;

  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const standard = createHmac("sha256", key)
    .update(`${String(headers["webhook-id"])}.${timestamp}.${body}`)
    .digest();
  const own = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest();
  const versions = String(headers["webhook-signature"]).split(" ");
  const parts = String(headers["x-nexio-signature"]).split(",");
  return (
    versions.some((version) => equals(version.replace(/^v1,/, ""), standard, "base64")) &&
    parts.includes(`t=${timestamp}`) &&
    parts.some((part) => part.startsWith("v1=") && equals(part.slice("v1=".length), own, "hex"))
  );
}
