/** A value of a trace; or, where it was left out for its size, how large it was. */
import { formatPlural } from "@/components/ui/format-number";
import { JsonView } from "@/components/ui/json-view";

type Props = {
  value: unknown;
  /** Its length as JSON, where it was left out. */
  omitted: number | undefined;
  label: string;
  root?: string;
  className?: string;
};

export function TraceValue({ value, omitted, label, ...rest }: Props) {
  if (omitted === undefined) return <JsonView value={value ?? null} label={label} {...rest} />;
  return (
    <figure className="rounded-md border bg-sunken text-xs text-muted">
      <figcaption className="border-b px-3 py-1.5">{label}</figcaption>
      <p className="px-3 py-2">Left out for its size: {formatPlural(omitted, "character")} of JSON.</p>
    </figure>
  );
}
