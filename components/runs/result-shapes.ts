/**
 * Reads what an engine answered. The graph decides which fields there are beside the few that Nexio adds, so everything is looked at
 * before it is shown; what has another shape is left to the Output tab.
 */

import { formatNumber } from "@/components/ui/format-number";

export type Fields = readonly (readonly [name: string, value: string])[];
export type RankedSolution = {
  rank: number;
  id: string;
  name: string;
  score: number;
  reasons: string[];
  fields: Fields;
};
/** `node` is the one that failed. */
export type OtherOffering = { id: string; name: string; reasons: string[]; node?: { id: string; name: string } };
export type Finding = { code: string; message: string; severity: Severity; fields: Fields };
export type Severity = (typeof SEVERITIES)[number];

/** Worst first. */
export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/** Short values that can stand in a line: numbers, texts, yes and no. */
function plainFields(value: Json, shown: ReadonlySet<string>): Fields {
  return Object.entries(value).flatMap(([name, field]) => {
    if (shown.has(name)) return [];
    if (typeof field === "number") return [[name, formatNumber(field)] as const];
    if (typeof field === "boolean") return [[name, field ? "yes" : "no"] as const];
    return typeof field === "string" && field !== "" && field.length <= 80 ? [[name, field] as const] : [];
  });
}

const SOLUTION_FIELDS = new Set(["rank", "offering_id", "offering_name", "score", "reasons"]);

/** The solutions of a placement run, best first. */
export function solutionsOf(solutions: unknown): RankedSolution[] {
  return listOf(solutions).map((one, index) => ({
    rank: typeof one["rank"] === "number" ? one["rank"] : index + 1,
    id: textOf(one["offering_id"]),
    name: textOf(one["offering_name"]) || textOf(one["offering_id"]),
    score: typeof one["score"] === "number" ? one["score"] : 0,
    reasons: textsOf(one["reasons"]),
    fields: plainFields(one, SOLUTION_FIELDS),
  }));
}

function offeringsOf(list: unknown, reasonsOf: (one: Json) => string[]): OtherOffering[] {
  return listOf(list).map((one) => ({
    id: textOf(one["offering_id"]),
    name: textOf(one["offering_name"]) || textOf(one["offering_id"]),
    reasons: reasonsOf(one),
  }));
}

/** The offerings that were looked at and do not fit, with why. */
export function ineligibleOf(output: unknown): OtherOffering[] {
  return isObject(output) ? offeringsOf(output["ineligible"], (one) => textsOf(one["reasons"])) : [];
}

/** The offerings that could not be evaluated, with the error. */
export function failedOf(output: unknown): OtherOffering[] {
  if (!isObject(output)) return [];
  const errors = listOf(output["failed"]).map((one) => (isObject(one["error"]) ? one["error"] : {}));
  return offeringsOf(output["failed"], () => []).map((offering, index) => {
    const { message, details } = errors[index]!;
    const node = nodeOf(details);
    return Object.assign(offering, { reasons: [textOf(message)] }, node && { node });
  });
}

/** Why a run is degraded, without the names and errors that stand beside the offerings themselves. */
export function shortDegradation(reason: string | undefined): string {
  return reason?.split(":", 1)[0] ?? "Some offerings could not be evaluated";
}

/** The node that an error's details name. */
export function nodeOf(details: unknown): { id: string; name: string } | undefined {
  const id = isObject(details) ? textOf(details["node_id"]) : "";
  return id === "" ? undefined : { id, name: textOf((details as Json)["node_name"]) || id };
}

const FINDING_FIELDS = new Set(["code", "message", "severity"]);

/** The findings of an analysis, worst first; null when the output has none to show. */
export function findingsOf(output: unknown): Finding[] | null {
  if (!isObject(output) || !Array.isArray(output["findings"])) return null;
  const findings = listOf(output["findings"]).map((one) => ({
    code: textOf(one["code"]),
    message: textOf(one["message"]),
    severity: SEVERITIES.find((severity) => severity === one["severity"]) ?? ("info" as const),
    fields: plainFields(one, FINDING_FIELDS),
  }));
  return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

const NOT_FACTS = new Set(["findings", "ineligible", "failed", "offerings", "eligible"]);

/** Short values of the output itself, such as a risk level. */
export function factsOf(output: unknown): Fields {
  return isObject(output) ? plainFields(output, NOT_FACTS) : [];
}

/** `riskLevel` and `risk_level` as `risk level`. */
export function fieldLabel(name: string): string {
  return name
    .replaceAll("_", " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
}

/** At most three decimals: scores are compared, not added up. */
export function formatScore(score: number): string {
  return String(Math.round(score * 1_000) / 1_000);
}

/** The end of the score bars: 1 or 100 where the scores look like shares or per cent, else the best score. */
export function scoreScale(scores: readonly number[]): number {
  const best = Math.max(0, ...scores);
  if (best <= 1) return 1;
  return best <= 100 ? 100 : best;
}
