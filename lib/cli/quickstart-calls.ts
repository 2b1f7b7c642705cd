/** HTTP for the quickstart: every call is printed as the curl that does the same, then its answer, both without secrets. */
import { CommandFailure } from "./failure.ts";

export type Call = {
  method?: "GET" | "POST" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Instead of a long body in the printed curl, such as `@input.json`. */
  bodyLabel?: string;
};

export type Answer = { status: number; statusText: string; json: unknown };

const KEYS = /\b(nx_[a-z0-9_]{1,16}_[0-9a-f]{4})[0-9a-f]{60}\b/g;
const SESSION = /(wos-session=.{8})[^;\s"]*/g;
const SIGNING_SECRETS = /\b(whsec_.{4})[A-Za-z0-9+/]{39}=/g;
const MAX_SHOWN_LINES = 40;

/** Keys, session cookies and signing secrets cut to what may be shown. */
export function shorten(text: string): string {
  return text.replaceAll(KEYS, "$1…").replaceAll(SESSION, "$1…").replaceAll(SIGNING_SECRETS, "$1…");
}

function curl({ method = "GET", url, headers = {}, body, bodyLabel }: Call): string {
  // A shell would take the question mark for a pattern.
  const address = url.includes("?") ? `"${url}"` : url;
  const parts = [`curl ${method === "GET" ? "" : `-X ${method} `}${address}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H "${name}: ${value}"`);
  if (body !== undefined)
    parts.push('-H "Content-Type: application/json"', `-d ${bodyLabel ?? `'${JSON.stringify(body)}'`}`);
  return `$ ${parts.join(" \\\n    ")}`;
}

/** Cut to what fits a screen: an example's output is long. */
function shown(answer: Answer): string {
  if (answer.json === undefined) return "";
  const lines = JSON.stringify(answer.json, null, 2).split("\n");
  return lines.length <= MAX_SHOWN_LINES
    ? lines.join("\n")
    : [...lines.slice(0, MAX_SHOWN_LINES), `… ${lines.length - MAX_SHOWN_LINES} more lines`].join("\n");
}

/** Sends a call without printing it. Throws CommandFailure when the server cannot be reached or does not answer JSON. */
export async function send({ method = "GET", url, headers = {}, body }: Call): Promise<Answer> {
  const init: RequestInit = { method, headers, redirect: "manual" };
  if (body !== undefined) {
    init.headers = { ...headers, "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw new CommandFailure(
      `${url} cannot be reached (${reasonOf(error)}). Is Nexio running? Start it with npm start`,
    );
  }
  const text = await response.text();
  try {
    return {
      status: response.status,
      statusText: response.statusText,
      json: text === "" ? undefined : JSON.parse(text),
    };
  } catch {
    throw new CommandFailure(`${method} ${url} answered ${response.status} with something that is not JSON`);
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
}

/** Prints a call, sends it and prints the answer. */
export async function show(call: Call): Promise<Answer> {
  console.log(shorten(curl(call)));
  const answer = await send(call);
  console.log(shorten(`${answer.status} ${answer.statusText}\n${shown(answer)}`.trimEnd()));
  console.log("");
  return answer;
}

/** The answer's JSON if it has this status. Throws CommandFailure that says what was expected otherwise. */
export function expectStatus(answer: Answer, status: number, what: string): Record<string, unknown> {
  if (answer.status !== status) {
    const { message } = (answer.json ?? {}) as { message?: string };
    throw new CommandFailure(`${what}: expected ${status}, got ${answer.status}${message ? ` (${message})` : ""}`);
  }
  return (answer.json ?? {}) as Record<string, unknown>;
}
