/**
 * How the browser talks to the portal's routes: the session cookie, JSON, and one error class.
 *
 * Answers are typed by their schemas but not parsed again: the server has just checked them against the same schema, and a strict
 * parse here would break tabs that were open when a newer server added a field.
 */

/** An answer other than 2xx, or none at all (`status` 0, code `network`). */
export class PortalError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly details: readonly { path: string; message: string }[];

  constructor(status: number, body: PortalErrorBody) {
    super(body.message);
    this.name = "PortalError";
    this.status = status;
    this.code = body.code;
    this.requestId = body.request_id;
    this.details = body.details ?? [];
  }
}

type PortalErrorBody = {
  code: string;
  message: string;
  request_id?: string | undefined;
  details?: { path: string; message: string }[];
};

export type QueryValue = string | number | readonly string[] | undefined;

/** `/api/runs` and `{status: ["FAILED"], limit: 25}` as one URL; undefined and empty values are left out, lists are comma-separated. */
export function portalUrl(path: string, query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    if (text !== "") params.set(name, text);
  }
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function errorOf(response: Response): Promise<PortalError> {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const fallback = {
    code: "internal",
    message: `The server answered ${response.status} without saying why`,
    request_id: requestId,
  };
  const body = (await response.json().catch(() => fallback)) as Partial<PortalErrorBody>;
  return new PortalError(response.status, { ...fallback, ...body });
}

/**
 * One call. Throws PortalError for every answer other than 2xx and when the server cannot be reached. A 401 means that the session
 * has ended: the page is sent to sign in and comes back to where it was.
 */
export async function portalFetch<Answer>(
  path: string,
  options: {
    method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    body?: unknown;
    /** The body as JSON text, instead of `body`: numbers keep the digits that a person has typed. */
    bodyText?: string;
    headers?: Record<string, string>;
    signal?: AbortSignal;
  } = {},
): Promise<Answer> {
  const { method = "GET", body, bodyText = JSON.stringify(body ?? {}), headers = {}, signal } = options;
  const response = await fetch(path, {
    method,
    headers: method === "GET" ? headers : { "content-type": "application/json", ...headers },
    ...(method === "GET" ? {} : { body: bodyText }),
    ...(signal ? { signal } : {}),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new PortalError(0, { code: "network", message: "The server cannot be reached" });
  });
  if (response.status === 401 && typeof location !== "undefined") {
    location.assign(`/login?return_to=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}
