/** Whoever sends `Expect: 100-continue` asks before sending a body, and is told to go on only where the body may be read. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { bearerToken } from "../api-keys/bearer.ts";
import { API_BASE_PATH } from "../api/app.ts";
import { findHotRoute } from "./hot-routes.ts";
import { announcesTooMuch, goOnWhenRead } from "./request-body.ts";

/** Whether the answer is 401 whatever the body is: nothing says whose request it is. Of the portal's requests that is Next's to find out. */
function isNobodys(path: string, { authorization }: IncomingMessage["headers"]): boolean {
  return path.startsWith(API_BASE_PATH) && bearerToken(authorization) === "";
}

/** Tells the client to go on: at once, when its body is read, or not at all. The request is to be answered in any case. */
export function answerExpectation(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "").split("?", 1)[0]!;
  if (findHotRoute(request.method ?? "", path)) goOnWhenRead(request, response);
  else if (!isNobodys(path, request.headers) && !announcesTooMuch(request)) response.writeContinue();
}
