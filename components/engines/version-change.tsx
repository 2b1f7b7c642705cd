/** What a version is to the one before it, and why: a word, and the fields that callers would miss. */
import { Badge } from "@/components/ui/badge";
import type { ContractReason } from "@/lib/engines/contract-compare";
import type { PublishPreview } from "@/lib/engines/diff-schema";

const CHANGES = {
  first: { tone: "neutral", label: "First" },
  minor: { tone: "success", label: "Minor" },
  major: { tone: "warning", label: "Major" },
} as const;

type Change = NonNullable<PublishPreview["change"]>;

/** The word. */
export function ChangeBadge({ change }: { change: Change }) {
  const { tone, label } = CHANGES[change];
  return <Badge tone={tone}>{label}</Badge>;
}

/** What a published version's own number says that it is. */
export function changeOfNumber(version: string): Change {
  if (version === "1.0") return "first";
  return version.endsWith(".0") ? "major" : "minor";
}

const MAX_SHOWN = 8;

/** Why callers could not go on as they are, field by field. */
export function ContractReasons({ reasons }: { reasons: readonly ContractReason[] }) {
  const more = reasons.length - MAX_SHOWN;
  return (
    <ul className="flex flex-col gap-0.5">
      {reasons.slice(0, MAX_SHOWN).map(({ side, path, change, message }) => (
        <li key={`${side} ${path} ${change}`} className="break-words">
          {message}
        </li>
      ))}
      {more > 0 ? <li>and {more} more</li> : null}
    </ul>
  );
}

/** Why a minor version is one. */
export const COMPATIBLE_WORDS = "No input or output goes away, changes its type or becomes required.";
