/** HTTP headers as they were, in a box that scrolls by itself. */
import { CopyButton } from "@/components/ui/copy-button";

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** One line a value: a header that came twice stands twice. */
export function HeaderList({ headers, label }: { headers: Headers; label: string }) {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one) => ({ name, value: one })),
  );
  const text = lines.map(({ name, value }) => `${name}: ${value}`).join("\n");
  return (
    <figure className="min-w-0 overflow-hidden rounded-md border bg-sunken">
      <figcaption className="flex h-8 items-center justify-between gap-2 border-b pr-1 pl-3 text-xs text-muted">
        {label}
        <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
      </figcaption>
      <dl
        // A box that scrolls must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={label}
        className="max-h-48 overflow-auto px-3 py-2 font-mono text-xs leading-5 -outline-offset-2"
      >
        {lines.map(({ name, value }, index) => (
          // Headers have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className="flex gap-2">
            <dt className="shrink-0 text-muted">{name}:</dt>
            <dd className="min-w-0 break-all">{value}</dd>
          </div>
        ))}
      </dl>
    </figure>
  );
}
