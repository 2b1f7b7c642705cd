/** What is looked at before Next gets a request: it answers a bare 500 to some, and sends some without a policy. */
import type { IncomingMessage } from "node:http";

/** Methods that anything here may take. */
export const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** A path that no page has. */
export const NO_SUCH_PAGE = "/there/is/no/such/page";

const FILE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; frame-ancestors 'none'";

/**
 * The policy of a file, which loads nothing itself, and of the page that says that there is none. That of a worker's script is the worker's
 * own, and it loads the other scripts of which it is made.
 */
export function filePolicy({ headers }: IncomingMessage): string {
  return headers["sec-fetch-dest"] === "worker" ? `${FILE_POLICY}; script-src 'self'` : FILE_POLICY;
}

// As proxy.ts has it: what it leaves out gets no policy from it.
const FILE = /^\/(_next\/static\/|_next\/image|examples\/|fonts\/|favicon\.ico$|icon\.svg$|llms\.txt$)/;
const DIALECT = /^\/(v1|ofrep)(\/|$)/;

/** A path of static files. */
export const isFile = (path: string): boolean => FILE.test(path);

/** A path of a dialect: a program's, never a page's. */
export const isDialect = (path: string): boolean => DIALECT.test(path);

export const isMethod = (method: string | undefined): boolean => METHODS.includes(method ?? "");

/** Whether Next can decode the path. */
export function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Next answers a bare 500 to a router state that it cannot read; without one it sends the page whole. */
export function dropBrokenRouterState({ headers }: IncomingMessage): void {
  const state = headers["next-router-state-tree"];
  if (state === undefined) return;
  try {
    JSON.parse(decodeURIComponent(String(state)));
  } catch {
    delete headers["next-router-state-tree"];
    delete headers.rsc;
  }
}
