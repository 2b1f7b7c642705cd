/** Takes what an endpoint keeps secret out of what its receiver answers, before that is stored: some receivers answer with what they were sent. */
import { REDACTED } from "./delivery-headers.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type Answer = {
  headers: Headers;
  body: Buffer;
  /** The body is longer than this. */
  truncated: boolean;
};

/** As it stands in a text, and as JSON writes it. */
const formsOf = (secret: string): string[] => [...new Set([secret, JSON.stringify(secret).slice(1, -1)])];

function redactText(text: string, forms: readonly string[]): string {
  return forms.reduce((redacted, form) => redacted.replaceAll(form, REDACTED), text);
}

function redactHeaders(headers: Headers, forms: readonly string[]): Headers {
  const redact = (value: string | string[] | undefined) =>
    typeof value === "string" ? redactText(value, forms) : value?.map((one) => redactText(one, forms));
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(value)]));
}

/** Byte by byte: latin1 keeps each as it is, and what is looked for is ASCII. */
function redactBytes(body: Buffer, forms: readonly string[]): Buffer {
  if (!forms.some((form) => body.includes(form))) return body;
  return Buffer.from(redactText(body.toString("latin1"), forms), "latin1");
}

/** How many bytes at the end of a body that was cut are the beginning of this text. */
function begunAtEnd(body: Buffer, form: string): number {
  for (let length = Math.min(form.length - 1, body.length); length > 0; length--) {
    if (body.subarray(body.length - length).equals(Buffer.from(form.slice(0, length)))) return length;
  }
  return 0;
}

/**
 * The answer with "[redacted]" in place of each of these secrets, which are ASCII. Of a body that was cut within one the beginning is left out
 * too. The body is at most `maxBytes` long.
 */
export function redactAnswer(
  { headers, body, truncated }: Answer,
  secrets: readonly string[],
  maxBytes: number,
): Answer {
  const forms = secrets.flatMap(formsOf);
  const whole = redactBytes(body, forms);
  const begun = truncated ? Math.max(0, ...forms.map((form) => begunAtEnd(whole, form))) : 0;
  const redacted = whole.subarray(0, Math.min(whole.length - begun, maxBytes));
  return {
    headers: redactHeaders(headers, forms),
    body: redacted,
    truncated: truncated || whole.length > maxBytes,
  };
}
