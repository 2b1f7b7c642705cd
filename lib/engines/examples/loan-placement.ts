/**
 * `loan-placement`: a business borrower against lending programmes. The graph is evaluated once a programme, with `{input, offering}`,
 * and answers whether the borrower is eligible, why or why not, and how well the two fit.
 */
import { chain, expressions, input, objectOf, output, table } from "./graph-parts.ts";
import { lendingProgrammes } from "./lending-programmes.ts";

const number = { type: "number" };
const text = { type: "string" };

const request = input(
  objectOf({
    input: objectOf({
      business: objectOf({
        state: text,
        industry: text,
        rural: { type: "boolean" },
        employees: number,
        years_in_business: number,
        annual_revenue: number,
        annual_cash_flow: number,
        annual_debt_service: number,
        receivables: number,
        monthly_card_sales: number,
      }),
      owner: objectOf({ credit_score: number, us_owned_percent: number, bankruptcies_last_7_years: number }),
      request: objectOf({
        amount: { type: "number", exclusiveMinimum: 0 },
        purpose: text,
        term_months: { type: "number", minimum: 1 },
        needed_within_days: number,
        collateral_value: number,
        down_payment: number,
      }),
    }),
  }),
);

const figures = expressions("figures", "Figures", {
  amount: "input.request.amount",
  // straight-line repayment plus interest on half the amount: near enough to compare programmes
  yearly_cost:
    "round(input.request.amount / min([input.request.term_months, offering.max_term_months]) * 12 + input.request.amount * offering.rate_percent / 200)",
  dscr: "round(input.business.annual_cash_flow / (input.business.annual_debt_service + $.yearly_cost) * 100) / 100",
  collateral_percent: "round(input.request.collateral_value / input.request.amount * 100)",
  down_payment_percent: "round(input.request.down_payment / input.request.amount * 100)",
  receivables_percent: "round(input.business.receivables / input.request.amount * 100)",
  card_sales_percent: "round(input.business.monthly_card_sales / input.request.amount * 100)",
});

/** How much an industry's risk costs, as points off the score. */
const industryRisk = table(
  "industry-risk",
  "Industry risk",
  { inputs: { industry: "input.business.industry" }, outputs: ["industry_risk", "industry_points"] },
  [
    ['"healthcare", "manufacturing", "professional_services"', '"low"', "0"],
    ['"retail", "wholesale", "logistics", "agriculture"', '"medium"', "4"],
    ['"restaurant", "construction", "hospitality"', '"elevated"', "8"],
    ['"crypto", "cannabis", "gambling", "adult"', '"high"', "15"],
    ["", '"medium"', "4"],
  ],
);

/** How quickly the money is needed, against how quickly this programme pays. */
const speed = table(
  "speed",
  "Speed",
  {
    inputs: { "days to spare": "input.request.needed_within_days - offering.days_to_fund" },
    outputs: ["in_time", "speed_points"],
  },
  [
    [">= 30", "true", "10"],
    ["[7..30)", "true", "7"],
    ["[0..7)", "true", "4"],
    ["", "false", "-12"],
  ],
);

/** An amount of dollars in words, as an expression: `$950`, `$50k`, `$5.5M`. */
function dollars(amount: string): string {
  const tenths = `round(${amount} / 100000)`;
  // By whole numbers: string() of a quotient writes zeros after it.
  const millions = `string(floor(${tenths} / 10)) + (${tenths} % 10 > 0 ? '.' + string(${tenths} % 10) : '')`;
  const thousands = `string(round(${amount} / 1000))`;
  return `('$' + (${amount} >= 999500 ? ${millions} + 'M' : ${amount} >= 1000 ? ${thousands} + 'k' : string(${amount})))`;
}

/** Each refusal in words, or null. */
const REFUSALS: Record<string, string> = {
  amount_low: `$.amount < offering.min_amount ? 'lends from ' + ${dollars("offering.min_amount")} : null`,
  amount_high: `$.amount > offering.max_amount ? 'lends up to ' + ${dollars("offering.max_amount")} : null`,
  years:
    "input.business.years_in_business < offering.min_years_in_business ? `wants ${string(offering.min_years_in_business)} years in business, has ${string(input.business.years_in_business)}` : null",
  credit:
    "input.owner.credit_score < offering.min_credit_score ? `wants a credit score of ${string(offering.min_credit_score)}, has ${string(input.owner.credit_score)}` : null",
  revenue: `input.business.annual_revenue < offering.min_annual_revenue ? 'wants revenue of ' + ${dollars("offering.min_annual_revenue")} + ' a year, has ' + ${dollars("input.business.annual_revenue")} : null`,
  dscr: "dscr < offering.min_dscr ? `wants cash flow of ${string(offering.min_dscr)} times debt service, has ${string(dscr)}` : null",
  collateral:
    "collateral_percent < offering.min_collateral_percent ? `wants collateral of ${string(offering.min_collateral_percent)} %, has ${string(collateral_percent)} %` : null",
  down_payment:
    "down_payment_percent < offering.min_down_payment_percent ? `wants a down payment of ${string(offering.min_down_payment_percent)} %, has ${string(down_payment_percent)} %` : null",
  receivables:
    "receivables_percent < offering.min_receivables_percent ? `wants receivables of ${string(offering.min_receivables_percent)} %, has ${string(receivables_percent)} %` : null",
  card_sales:
    "card_sales_percent < offering.min_card_sales_percent ? `wants monthly card sales of ${string(offering.min_card_sales_percent)} %, has ${string(card_sales_percent)} %` : null",
  size: "input.business.employees > offering.max_employees ? `lends to businesses of up to ${string(offering.max_employees)} people` : null",
  rural: "offering.rural_only and not input.business.rural ? 'lends in rural areas only' : null",
  owner: "offering.us_owned_only and input.owner.us_owned_percent < 51 ? 'wants a majority of US owners' : null",
  bankruptcy:
    "not offering.allows_bankruptcy and input.owner.bankruptcies_last_7_years > 0 ? 'wants no bankruptcy in the last 7 years' : null",
  purpose:
    "len(offering.purposes) > 0 and not (input.request.purpose in offering.purposes) ? `does not lend for ${input.request.purpose}` : null",
  state:
    "len(offering.states) > 0 and not (input.business.state in offering.states) ? `does not lend in ${input.business.state}` : null",
  industry:
    "input.business.industry in offering.excluded_industries ? `does not lend to ${input.business.industry}` : null",
};

const criteria = expressions("criteria", "Criteria", {
  amount: "input.request.amount",
  refusals: `filter([${Object.values(REFUSALS).join(", ")}], # != null)`,
});

const answer = expressions(
  "answer",
  "Answer",
  {
    eligible: "len(refusals) == 0",
    score:
      "round(max([0, min([100, 88 - offering.rate_percent * 1.2 + speed_points - industry_points + min([dscr, 3]) * 3 - (input.request.term_months > offering.max_term_months ? 8 : 0)])]) * 10) / 10",
    reasons:
      "len(refusals) > 0 ? refusals : filter([`about ${string(offering.rate_percent)} % a year`, in_time ? `funds in ${string(offering.days_to_fund)} days` : `funds in ${string(offering.days_to_fund)} days, later than needed`, input.request.term_months > offering.max_term_months ? `runs ${string(offering.max_term_months)} months at most` : null, dscr >= 1.5 ? `cash flow covers debt ${string(dscr)} times` : null, industry_risk != 'low' ? `${industry_risk} industry risk` : null], # != null)",
    lender: "offering.lender",
    rate_percent: "offering.rate_percent",
    term_months: "min([input.request.term_months, offering.max_term_months])",
    yearly_cost: "yearly_cost",
    dscr: "dscr",
    days_to_fund: "offering.days_to_fund",
  },
  { passThrough: false },
);

export const loanPlacement = {
  slug: "loan-placement",
  name: "Loan placement",
  description: "Ranks lending programmes for a business borrower, with reasons",
  type: "placement" as const,
  config: { ...chain(request, figures, industryRisk, speed, criteria, answer, output), offerings: lendingProgrammes },
  /** A request body that completes. */
  request: {
    input: {
      business: {
        name: "Cuyahoga Precision Parts LLC",
        state: "OH",
        industry: "manufacturing",
        rural: false,
        employees: 38,
        years_in_business: 6,
        annual_revenue: 4_200_000,
        annual_cash_flow: 540_000,
        annual_debt_service: 120_000,
        receivables: 310_000,
        monthly_card_sales: 6_000,
      },
      owner: { credit_score: 718, us_owned_percent: 100, bankruptcies_last_7_years: 0 },
      request: {
        amount: 350_000,
        purpose: "equipment",
        term_months: 72,
        needed_within_days: 45,
        collateral_value: 320_000,
        down_payment: 40_000,
      },
    },
  },
};
