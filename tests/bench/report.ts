/** What a bench found, and whether it is enough. */
export type Finding = {
  name: string;
  value: string;
  /** What it is compared with. */
  against: string;
  ratio: string;
  target: string;
  met: boolean;
};

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** So many a second compared with a floor; at least `target` times it. */
export function atLeast(name: string, perSecond: number, floor: number, target: number, more: string = ""): Finding {
  const ratio = perSecond / floor;
  return {
    name,
    value: `${number.format(perSecond)}/s${more}`,
    against: `${number.format(floor)}/s`,
    ratio: ratio.toFixed(2),
    target: `≥ ${target}`,
    met: ratio >= target,
  };
}

/** A measure that must stay below a limit. */
export function atMost(name: string, value: number, limit: number, unit: string, against: string = "—"): Finding {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return {
    name,
    value: `${value.toFixed(digits)} ${unit}`,
    against,
    ratio: "—",
    target: `< ${limit} ${unit}`,
    met: value < limit,
  };
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The findings as a table. */
export function table(findings: readonly Finding[]): string {
  const rows = [
    ["", "measured", "against", "ratio", "target", ""],
    ...findings.map(({ name, value, against, ratio, target, met }) => [
      name,
      value,
      against,
      ratio,
      target,
      met ? "ok" : "MISSED",
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
