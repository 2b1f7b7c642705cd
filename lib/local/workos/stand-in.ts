/**
 * A local stand-in of the WorkOS API, so that the real AuthKit signs people in on a machine without an account. It speaks the calls that AuthKit
 * and Nexio make, keeps its state in a folder, listens on 127.0.0.1 alone, and does not start outside development.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isDevelopment } from "../../env.ts";
import { authenticate, sameText, type PendingSelections } from "./authenticate.ts";
import { authorize, logout, PendingCodes } from "./authorize.ts";
import { isLoopbackHost, readFields, sendJson, WorkosRefusal } from "./exchange.ts";
import { acceptInvitation } from "./invitations.ts";
import { sendMessagePage } from "./page.ts";
import { RESOURCES } from "./resources.ts";
import { loadSigningKey } from "./signing-key.ts";
import { WorkosStore } from "./store.ts";
import type { StandIn } from "./tokens.ts";

const CLIENT_ID = "client_nexio_local";
// An hour, not WorkOS's five minutes: a cookie copied into a shell, as the quickstart has it, outlives the reading of the page.
const ACCESS_TOKEN_SECONDS = 3_600;

export type RunningStandIn = {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  apiKey: string;
  clientId: string;
  /** A WORKOS_COOKIE_PASSWORD that is kept beside the sessions, so that cookies outlive restarts. */
  cookiePassword: string;
  close(): Promise<void>;
};

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function handler(standIn: StandIn): Handle {
  const codes = new PendingCodes();
  const selections: PendingSelections = new Map();

  return async (request, response) => {
    if (!isLoopbackHost(request.headers.host)) {
      throw new WorkosRefusal(403, { message: "The local sign-in answers to this machine's own names only." });
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", standIn.url);
    const call = `${request.method} ${pathname}`;
    if (call === `GET /sso/jwks/${standIn.clientId}`) return sendJson(response, 200, standIn.key.jwks);
    if (call === "GET /user_management/authorize") return authorize(standIn, codes, searchParams, response);
    if (call === "GET /user_management/sessions/logout") return logout(standIn, searchParams, response);
    if (call === "POST /user_management/authenticate") {
      const answer = authenticate(standIn, codes, selections, request, await readFields(request));
      return sendJson(response, 200, answer);
    }
    const byToken = /^GET \/user_management\/invitations\/by_token\/([^/]+)\/accept$/.exec(call);
    if (byToken) {
      const invitation = acceptInvitation(standIn.store, { token: byToken[1]! });
      return sendMessagePage(response, "You have joined", `Go to the portal and sign in as ${invitation.email}.`);
    }
    await answerResource(standIn, request, response, pathname, searchParams);
  };
}

async function answerResource(
  standIn: StandIn,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  query: URLSearchParams,
): Promise<void> {
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  if (!sameText(key, standIn.store.apiKey)) throw new WorkosRefusal(401, { message: "Unauthorized" });
  for (const resource of RESOURCES) {
    const match = resource.method === request.method ? resource.path.exec(pathname) : null;
    if (!match) continue;
    const fields = request.method === "GET" ? {} : await readFields(request);
    const id = decodeURIComponent(match[1] ?? "");
    const answer = resource.answer({ standIn, store: standIn.store, id, query, fields });
    return sendJson(response, answer === undefined ? 202 : 200, answer ?? {});
  }
  throw new WorkosRefusal(404, {
    message: `The local sign-in does not know ${request.method} ${pathname}.`,
    error: "Not Found",
  });
}

/**
 * Starts the stand-in. `port` 0 or none chooses a free one; `stateDir` holds its key, sessions and people. Throws outside development.
 * `accessTokenSeconds` exists for tests of the refresh.
 */
export async function startWorkosStandIn(options: {
  port?: number;
  stateDir: string;
  accessTokenSeconds?: number;
}): Promise<RunningStandIn> {
  if (!isDevelopment())
    throw new Error("The local sign-in does not start in production: set WORKOS_API_KEY and WORKOS_CLIENT_ID");
  const standIn: StandIn = {
    store: new WorkosStore(options.stateDir),
    key: loadSigningKey(options.stateDir),
    clientId: CLIENT_ID,
    accessTokenSeconds: options.accessTokenSeconds ?? ACCESS_TOKEN_SECONDS,
    url: "",
  };
  const handle = handler(standIn);
  const server = createServer((request, response) => {
    response.setHeader("x-request-id", randomUUID());
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    handle(request, response).catch((error: unknown) => {
      const refusal = error instanceof WorkosRefusal ? error : new WorkosRefusal(500, { message: String(error) });
      if (response.headersSent) response.destroy();
      else sendJson(response, refusal.status, refusal.body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  standIn.url = `http://127.0.0.1:${port}`;

  return {
    port,
    url: standIn.url,
    apiKey: standIn.store.apiKey,
    clientId: CLIENT_ID,
    cookiePassword: standIn.store.cookiePassword,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
