/** `company-check`: looks a company's particulars over before business is done with it, and answers findings, worst first, with an overall risk. */
import { chain, expressions, input, objectOf, output, table } from "./graph-parts.ts";

const number = { type: "number" };
const text = { type: "string" };
const flag = { type: "boolean" };

const request = input(
  objectOf({
    name: text,
    country: { type: "string", pattern: "^[A-Z]{2}$" },
    vat_id: text,
    years_since_registration: number,
    months_since_last_filing: number,
    insolvency_proceedings: flag,
    shared_address: flag,
    employees: number,
    annual_revenue: number,
    previous_revenue: number,
    owners: { type: "array", items: objectOf({ name: text, percent: number, politically_exposed: flag }) },
  }),
);

/**
 * By country: FATF's "call for action" list, its "increased monitoring" list, and what a VAT number looks like where there is one.
 * The lists change a few times a year; these are of October 2025.
 */
const country = table(
  "country",
  "Country",
  { inputs: { country: "country" }, outputs: ["country_risk", "vat_pattern"] },
  [
    ['"KP", "IR", "MM"', '"call_for_action"', '""'],
    ['"DZ", "AO", "BO", "BG", "CM", "CI", "CD", "HT", "KE", "LA"', '"monitored"', '""'],
    ['"LB", "MC", "NA", "NP", "SS", "SY", "VE", "VN", "VG", "YE"', '"monitored"', '""'],
    ['"DE"', '"ordinary"', '"^DE[0-9]{9}$"'],
    ['"AT"', '"ordinary"', '"^ATU[0-9]{8}$"'],
    ['"FR"', '"ordinary"', '"^FR[0-9A-Z]{2}[0-9]{9}$"'],
    ['"NL"', '"ordinary"', '"^NL[0-9]{9}B[0-9]{2}$"'],
    ['"IT"', '"ordinary"', '"^IT[0-9]{11}$"'],
    ['"ES"', '"ordinary"', '"^ES[0-9A-Z][0-9]{7}[0-9A-Z]$"'],
    ['"GB"', '"ordinary"', '"^GB[0-9]{9}$"'],
    ["", '"ordinary"', '""'],
  ],
);

const figures = expressions("figures", "Figures", {
  owned_percent: "sum(map(owners, #.percent))",
  unnamed_percent: "sum(map(filter(owners, #.name == ''), #.percent))",
  exposed_owners: "map(filter(owners, #.politically_exposed == true), #.name)",
  revenue_change_percent:
    "previous_revenue > 0 ? round((annual_revenue - previous_revenue) / previous_revenue * 100) : null",
  revenue_per_employee: "employees > 0 ? round(annual_revenue / employees) : null",
});

/** Each is a finding or null; nulls are left out of the answer. The worst come first. */
const CHECKS = [
  "country_risk == 'call_for_action' ? {code: 'country_call_for_action', severity: 'critical', message: `${country} is on the FATF list of countries subject to a call for action`} : null",
  "insolvency_proceedings == true ? {code: 'insolvency', severity: 'critical', message: 'Insolvency proceedings are open'} : null",
  "unnamed_percent >= 25 ? {code: 'ownership_hidden', severity: 'high', message: `Owners of ${string(unnamed_percent)} % of the shares are not named`} : null",
  "months_since_last_filing > 18 ? {code: 'filing_overdue', severity: 'high', message: `The last filing is ${string(months_since_last_filing)} months old`} : null",
  "country_risk == 'monitored' ? {code: 'country_monitored', severity: 'medium', message: `${country} is under increased monitoring by FATF`} : null",
  "len(exposed_owners) > 0 ? {code: 'politically_exposed_owner', severity: 'medium', message: `A politically exposed person owns shares: ${exposed_owners[0]}`} : null",
  "vat_pattern != '' and not matches(vat_id, vat_pattern) ? {code: 'vat_id_malformed', severity: 'medium', message: `${vat_id} does not have the form of a VAT number of ${country}`} : null",
  "owned_percent < 75 ? {code: 'ownership_incomplete', severity: 'medium', message: `Owners of only ${string(owned_percent)} % of the shares are known`} : null",
  "revenue_change_percent != null and revenue_change_percent > 200 ? {code: 'revenue_jump', severity: 'medium', message: `Revenue grew by ${string(revenue_change_percent)} % in a year`} : null",
  "revenue_per_employee != null and revenue_per_employee > 2000000 ? {code: 'revenue_per_employee', severity: 'low', message: `Revenue of ${string(revenue_per_employee)} per employee is unusually high`} : null",
  "years_since_registration < 1 ? {code: 'recently_registered', severity: 'low', message: 'Registered less than a year ago'} : null",
  "shared_address == true ? {code: 'shared_address', severity: 'low', message: 'Registered at an address that many companies share'} : null",
];

const findings = expressions("findings", "Findings", { findings: `filter([${CHECKS.join(", ")}], # != null)` });

const answer = expressions(
  "answer",
  "Answer",
  {
    company: "name",
    findings: "findings",
    risk: "some(findings, #.severity == 'critical') ? 'unacceptable' : some(findings, #.severity == 'high') ? 'high' : count(findings, #.severity == 'medium') >= 2 ? 'medium' : 'low'",
    recommendation:
      "$.risk == 'unacceptable' ? 'Do not proceed' : $.risk == 'high' ? 'Proceed only after a manual review' : $.risk == 'medium' ? 'Ask for documents on the findings' : 'Proceed'",
  },
  { passThrough: false },
);

export const companyCheck = {
  slug: "company-check",
  name: "Company check",
  description: "Looks a company's particulars over and answers findings with an overall risk",
  type: "entity_analysis" as const,
  config: chain(request, country, figures, findings, answer, output),
  /** A request body that completes. */
  request: {
    input: {
      name: "Hanse Maritime Handels GmbH",
      country: "DE",
      vat_id: "DE81234567",
      years_since_registration: 0.7,
      months_since_last_filing: 4,
      insolvency_proceedings: false,
      shared_address: true,
      employees: 3,
      annual_revenue: 9_400_000,
      previous_revenue: 2_100_000,
      owners: [
        { name: "Ingrid Petersen", percent: 45, politically_exposed: false },
        { name: "", percent: 30, politically_exposed: false },
        { name: "Tomás Vidal", percent: 10, politically_exposed: true },
      ],
    },
  },
};
