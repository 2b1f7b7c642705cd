/** The mark of this installation: a diamond in the accent colour. */

/** Decoration; the name stands beside it. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden className="size-5 shrink-0">
      <path d="M10 1.5 18.5 10 10 18.5 1.5 10Z" className="fill-accent" />
      <path d="M10 5.6 14.4 10 10 14.4 5.6 10Z" className="fill-accent-ink/90" />
    </svg>
  );
}
