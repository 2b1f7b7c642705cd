/** What keeps the config of an `http` engine from being published, with its place; and which URLs are not even kept in a draft. */
import type { z } from "zod";
import { ApiError } from "../errors.ts";
import { plainWords } from "../http/validation-words.ts";
import { outboundPolicy, type OutboundPolicy } from "../outbound/policy.ts";
import { urlProblem } from "../outbound/url-rules.ts";
import { MAX_PROBLEMS } from "./bounded-list.ts";
import { type HTTP_PROBLEM_CODES, HttpConfigSchema } from "./http-config-schema.ts";

export type HttpProblem = {
  path: string;
  code: "invalid_shape" | (typeof HTTP_PROBLEM_CODES)[number];
  message: string;
};

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
// What the call itself says: how it travels, what is in it, who has signed it.
const OWN_HEADER =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept-encoding|user-agent|content-.*|proxy-.*|webhook-.*|x-nexio-.*)$/i;
// A config is read by everybody who sees the engine, and its versions stay for ever: no place for what must stay secret.
const CREDENTIAL_HEADER = /auth|cookie|token|secret|password|credential|api[-_]?key|access[-_]?key|session|signature/i;

function headerProblem(name: string): string | null {
  if (!HEADER_NAME.test(name)) return "is not the name of a header";
  if (OWN_HEADER.test(name)) return "is set by the call itself";
  if (CREDENTIAL_HEADER.test(name)) {
    return "would hold a credential, and a config is no secret: the service knows the call by its signature";
  }
  return null;
}

function shapeProblems(issue: z.core.$ZodIssue): HttpProblem[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys
      .slice(0, MAX_PROBLEMS)
      .map((key) => ({ path: key, code: "invalid_shape", message: "The field is unknown" }));
  }
  return [{ path, code: "invalid_shape", message: `The value ${issue.message}` }];
}

/** Everything that is wrong with a config. */
export function httpConfigProblems(config: unknown, policy: OutboundPolicy = outboundPolicy()): HttpProblem[] {
  const parsed = HttpConfigSchema.safeParse(config, { error: plainWords });
  if (!parsed.success) return parsed.error.issues.flatMap(shapeProblems);
  const { url, headers = {} } = parsed.data;
  const problems: HttpProblem[] = [];
  const wrong = urlProblem(url, policy);
  if (wrong) problems.push({ path: "url", code: "url_not_allowed", message: `The URL ${wrong}` });
  const seen = new Set<string>();
  for (const name of Object.keys(headers)) {
    const isTwice = seen.size === seen.add(name.toLowerCase()).size;
    const message = isTwice ? "is there already, in other upper and lower case" : headerProblem(name);
    if (message)
      problems.push({ path: `headers.${name}`, code: "header_not_allowed", message: `The header ${message}` });
  }
  return problems;
}

/** Throws 400 `url_not_allowed` for a draft whose URL may not be called. What else is wrong with a draft may stay in it until it is published. */
export function refuseUrl(config: Readonly<Record<string, unknown>>): void {
  const problem = typeof config.url === "string" ? urlProblem(config.url) : null;
  if (problem === null) return;
  throw new ApiError("url_not_allowed", `config.url: ${problem}`, {
    details: [{ path: "config.url", message: problem }],
  });
}
