/** How a node came to its output, in a small table: which rows matched, what each expression gave, which way a switch took. */
import type { ReactNode } from "react";

import type { NodeReading } from "@/components/runs/node-reading";
import { Badge } from "@/components/ui/badge";

export function NodeExplanation({ reading }: { reading: NodeReading }) {
  switch (reading.kind) {
    case "table":
      return <TableReading rows={reading.rows} of={reading.of} />;
    case "expressions":
      return (
        <Box label="Expressions">
          {reading.rows.map(({ key, expression, result }) => (
            <Line key={key} name={key} value={result} code={expression} />
          ))}
        </Box>
      );
    case "switch":
      return (
        <Box label="Ways">
          {reading.ways.map(({ id, condition, taken }) => (
            <li key={id} className="flex items-baseline justify-between gap-3 px-3 py-1.5">
              <code className="min-w-0 font-mono break-all">{condition === "" ? "otherwise" : condition}</code>
              {taken ? <Badge tone="accent">taken</Badge> : <span className="text-muted">not taken</span>}
            </li>
          ))}
        </Box>
      );
    case "log":
      return (
        <Box label="Written by the function">
          <li className="px-3 py-1.5 font-mono break-all whitespace-pre-wrap">{reading.lines.join("\n")}</li>
        </Box>
      );
  }
}

function TableReading({ rows, of }: Pick<Extract<NodeReading, { kind: "table" }>, "rows" | "of">) {
  if (rows.length === 0) return <p className="text-sm text-muted">None of its {of} rows matched.</p>;
  return rows.map(({ row, cells }) => (
    <Box key={row} label={`Row ${row} of ${of} matched`}>
      {cells.length === 0 ? <li className="px-3 py-1.5 text-muted">It has no conditions.</li> : null}
      {cells.map(({ field, value, condition }) => (
        <Line key={`${field} ${condition}`} name={field} value={value} code={condition} />
      ))}
    </Box>
  ));
}

function Box({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section aria-label={label} className="overflow-hidden rounded-md border">
      <h4 className="border-b bg-sunken px-3 py-1.5 text-xs font-normal text-muted">{label}</h4>
      <ul className="max-h-60 divide-y divide-hairline overflow-auto text-xs">{children}</ul>
    </section>
  );
}

function Line({ name, value, code }: { name: string; value: unknown; code: string }) {
  return (
    <li className="px-3 py-1.5">
      <p className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 flex-1 font-medium wrap-anywhere">{name}</span>
        <code className="max-w-1/2 font-mono wrap-anywhere text-info-text">{shortJson(value)}</code>
      </p>
      <code className="block font-mono break-all text-muted">{code}</code>
    </li>
  );
}

const MAX_SHOWN = 120;

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
