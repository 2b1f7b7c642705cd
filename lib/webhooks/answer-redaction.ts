/** Takes what an endpoint keeps secret out of what its receiver answers, before that is stored: some receivers answer with what they were sent. */
import { REDACTED } from "./delivery-headers.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type Answer = {
  headers: Headers;
  body: Buffer;
  /** The body is longer than this. */
  truncated: boolean;
};

/** What an endpoint keeps secret, in the forms that are looked for: as it stands in a text, and as JSON writes it. */
export type SecretForms = readonly string[];

/** The forms of secrets, which are ASCII. */
export function formsOfSecrets(secrets: readonly string[]): SecretForms {
  return [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
}

function redactText(text: string, forms: SecretForms): string {
  return forms.reduce((redacted, form) => redacted.replaceAll(form, REDACTED), text);
}

// Hardly any answer has one, and many answers come: what has none is kept as it is.
function hasSecret(headers: Headers, forms: SecretForms): boolean {
  for (const name in headers) {
    const value = headers[name];
    const texts = typeof value === "string" ? [value] : value;
    if (texts?.some((text) => forms.some((form) => text.includes(form)))) return true;
  }
  return false;
}

function redactHeaders(headers: Headers, forms: SecretForms): Headers {
  if (!hasSecret(headers, forms)) return headers;
  const redact = (value: string | string[] | undefined) =>
    typeof value === "string" ? redactText(value, forms) : value?.map((one) => redactText(one, forms));
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(value)]));
}

/** Byte by byte: latin1 keeps each as it is, and what is looked for is ASCII. */
function redactBytes(body: Buffer, forms: SecretForms): Buffer {
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
 * The answer with "[redacted]" in place of each of these secrets. Of a body that was cut within one the beginning is left out
 * too. The body is at most `maxBytes` long.
 */
export function redactAnswer({ headers, body, truncated }: Answer, forms: SecretForms, maxBytes: number): Answer {
  const whole = redactBytes(body, forms);
  const begun = truncated ? Math.max(0, ...forms.map((form) => begunAtEnd(whole, form))) : 0;
  const redacted = whole.subarray(0, Math.min(whole.length - begun, maxBytes));
  return {
    headers: redactHeaders(headers, forms),
    body: redacted,
    truncated: truncated || whole.length > maxBytes,
  };
}
