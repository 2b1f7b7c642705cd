/** What differs between two configs: nodes with what changed in each, connections, offerings. */
import { ArrowUpDown, type LucideIcon, Minus, Pencil, Plus } from "lucide-react";
import type { ReactNode } from "react";

import { NODE_KINDS } from "@/components/decision-graph/node-kinds";
import { ChangeValues } from "@/components/engines/change-values";
import { cn } from "@/components/ui/cn";
import { formatPlural } from "@/components/ui/format-number";
import type { ConfigChange, ConfigDiff, NodeDiff } from "@/lib/engines/diff-schema";

type Kind = ConfigChange["kind"];

const KINDS: Record<Kind, { icon: LucideIcon; word: string; className: string }> = {
  added: { icon: Plus, word: "Added", className: "text-success-text" },
  removed: { icon: Minus, word: "Removed", className: "text-danger-text" },
  changed: { icon: Pencil, word: "Changed", className: "text-warning-text" },
  moved: { icon: ArrowUpDown, word: "Moved", className: "text-info-text" },
};

const SUBJECTS: Record<ConfigChange["subject"], string> = {
  name: "Name",
  type: "Type",
  setting: "Setting",
  column: "Column",
  rule: "Rule",
  expression: "Expression",
  field: "Field",
  condition: "Condition",
  source: "Source",
  schema: "Schema",
  offering: "Offering",
  value: "Value",
};

type Props = {
  diff: ConfigDiff;
  /** The node whose changes are pointed out, and a way to choose one by its heading. */
  selected?: string | null;
  onSelect?: (nodeId: string) => void;
};

/** Everything that differs, or that nothing does. */
export function ConfigDiffView({ diff, selected = null, onSelect }: Props) {
  if (diff.total === 0) return <p className="text-sm text-muted">Nothing differs but perhaps where nodes are drawn.</p>;
  const listed = diff.nodes.reduce(
    (sum, node) => sum + Math.max(1, node.changes.length),
    diff.edges.length + diff.other.length,
  );
  return (
    <div className="flex flex-col gap-3">
      {diff.nodes.map((node) => (
        <NodeChanges
          key={`${node.kind} ${node.id} ${node.name}`}
          node={node}
          isSelected={node.id === selected}
          onSelect={onSelect}
        />
      ))}
      {diff.edges.length > 0 ? (
        <Group heading="Connections">
          {diff.edges.map(({ kind, source_id, target_id, label }) => (
            <Line key={`${kind} ${source_id} ${target_id} ${label}`} kind={kind} label={label} />
          ))}
        </Group>
      ) : null}
      {diff.other.length > 0 ? (
        <Group heading={diff.other.every(({ subject }) => subject === "offering") ? "Offerings" : "Everything else"}>
          <Changes changes={diff.other} />
        </Group>
      ) : null}
      {listed < diff.total ? (
        <p className="text-xs text-muted">
          The first {formatPlural(listed, "change")} of {diff.total} are listed.
        </p>
      ) : null}
    </div>
  );
}

function Group({
  heading,
  isSelected = false,
  children,
}: {
  heading: ReactNode;
  isSelected?: boolean;
  children: ReactNode;
}) {
  return (
    <section
      className={cn(
        "min-w-0 overflow-hidden rounded-lg border",
        isSelected && "border-accent-line outline-2 outline-accent-line",
      )}
    >
      <h3 className="flex min-h-9 items-center bg-sunken px-3 text-sm font-medium">{heading}</h3>
      {children ? <ul className="divide-y divide-hairline border-t">{children}</ul> : null}
    </section>
  );
}

function NodeChanges({
  node,
  isSelected,
  onSelect,
}: {
  node: NodeDiff;
  isSelected: boolean;
  onSelect: Props["onSelect"];
}) {
  const { icon: Icon, word, className } = KINDS[node.kind];
  const name = (
    <span className="flex min-w-0 items-center gap-2">
      <Icon className={cn("size-3.5 shrink-0", className)} aria-hidden />
      <span className="truncate">{node.name}</span>
      <span className="shrink-0 text-xs font-normal text-muted">
        {kindName(node.type)} · {word.toLowerCase()}
      </span>
    </span>
  );
  const heading = onSelect ? (
    <button
      type="button"
      onClick={() => onSelect(node.id)}
      className="min-w-0 rounded-sm text-left"
      aria-pressed={isSelected}
    >
      {name}
    </button>
  ) : (
    name
  );
  return (
    <Group heading={heading} isSelected={isSelected}>
      {node.changes.length > 0 ? <Changes changes={node.changes} /> : null}
    </Group>
  );
}

function kindName(type: string): string {
  return Object.hasOwn(NODE_KINDS, type) ? NODE_KINDS[type as keyof typeof NODE_KINDS].label : type;
}

function Changes({ changes }: { changes: readonly ConfigChange[] }) {
  return changes.map((change) => (
    <Line key={`${change.kind} ${change.subject} ${change.path}`} kind={change.kind} label={labelOf(change)}>
      <ChangeValues change={change} />
    </Line>
  ));
}

function labelOf({ subject, label, kind, before, after }: ConfigChange): string {
  if (kind === "moved") return `${label} moved from place ${String(before)} to ${String(after)}`;
  const word = SUBJECTS[subject];
  return label === word || label.startsWith(`${word} `) ? label : `${word} ${label}`;
}

function Line({ kind, label, children }: { kind: Kind; label: string; children?: ReactNode }) {
  const { icon: Icon, word, className } = KINDS[kind];
  return (
    <li className="flex min-w-0 gap-2 px-3 py-2 text-sm">
      <Icon className={cn("mt-0.5 size-3.5 shrink-0", className)} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="break-words">
          <span className="sr-only">{word}: </span>
          {label}
        </p>
        {children}
      </div>
    </li>
  );
}
