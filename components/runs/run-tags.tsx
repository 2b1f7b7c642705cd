/** The tags of a run where there is little room: the first two, and how many more there are. */
const SHOWN = 2;

export function RunTags({ tags }: { tags?: readonly string[] | undefined }) {
  if (!tags?.length) return null;
  const more = tags.length - SHOWN;
  return (
    <span className="inline-flex min-w-0 items-center gap-1" title={tags.join(", ")}>
      {tags.slice(0, SHOWN).map((tag) => (
        <span
          key={tag}
          className="inline-block h-5 max-w-32 truncate rounded-sm border border-line bg-sunken px-1.5 align-middle font-mono text-xs/[18px] text-soft"
        >
          {tag}
        </span>
      ))}
      {more > 0 ? <span className="text-xs text-muted">+{more}</span> : null}
    </span>
  );
}
