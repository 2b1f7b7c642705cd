/** What every request carries beside its body, and what a receiver does with it. */

const HEADERS: readonly [name: string, meaning: string][] = [
  [
    "webhook-id",
    "The event's id, the same to every endpoint and whenever it is sent again. Keep it, and skip what you have.",
  ],
  ["webhook-timestamp", "When this attempt was signed, in seconds since 1970. Refuse what is older than five minutes."],
  ["webhook-signature", "v1,<base64>, one for each valid secret, with spaces between. Standard Webhooks."],
  ["X-Nexio-Signature", "t=<unix>,v1=<hex>[,v1=<hex>] over <t>.<raw body>."],
  ["X-Nexio-Timestamp", "The same as webhook-timestamp."],
  ["X-Nexio-Event", "The event's type, to choose by before the body is parsed."],
  ["X-Nexio-Delivery", "This delivery's id, the same over its retries: the id in the addresses of these pages."],
  ["User-Agent", "Nexio-Webhooks/1.0"],
  ["Authorization", "Bearer and the token, where the endpoint has one."],
];

/** A section of a page. */
export function SentHeaders() {
  return (
    <section aria-labelledby="sent-headers" className="flex min-w-0 flex-col gap-3">
      <h2 id="sent-headers" className="text-sm font-semibold">
        Headers of every request
      </h2>
      <dl className="divide-y divide-hairline rounded-lg border text-sm">
        {HEADERS.map(([name, meaning]) => (
          <div key={name} className="grid gap-x-4 gap-y-0.5 px-3 py-2 sm:grid-cols-[10.5rem_minmax(0,1fr)]">
            <dt className="font-mono text-xs leading-5">{name}</dt>
            <dd className="min-w-0 text-muted">{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
