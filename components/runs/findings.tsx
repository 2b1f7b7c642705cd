/** What an analysis found, worst first. */
import { FieldLine } from "@/components/runs/field-line";
import type { Finding, Severity } from "@/components/runs/result-shapes";
import { Badge } from "@/components/ui/badge";

const TONE = {
  critical: "danger",
  high: "danger",
  medium: "warning",
  low: "info",
  info: "neutral",
} as const satisfies Record<Severity, string>;

/** The list; says so when nothing was found. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) {
    return (
      <p className="rounded-lg border px-4 py-6 text-center text-sm text-muted">
        The analysis found nothing to report.
      </p>
    );
  }
  return (
    <ul aria-label="Findings" className="flex flex-col divide-y divide-hairline rounded-lg border">
      {findings.map((finding) => (
        <li key={`${finding.code} ${finding.message}`} className="px-4 py-3">
          <div className="flex flex-wrap items-center gap-2">
            <Badge tone={TONE[finding.severity]}>{finding.severity}</Badge>
            <code className="font-mono text-xs break-all text-muted">{finding.code}</code>
          </div>
          <p className="mt-1 text-sm break-words">{finding.message}</p>
          <FieldLine fields={finding.fields} className="mt-1" />
        </li>
      ))}
    </ul>
  );
}
