/**
 * The lending programmes that `loan-placement` places a borrower with, as offerings. Amounts in US dollars, rates in percent a year.
 * Criteria follow what such programmes publish (SBA SOP 50 10 for 7(a), 504, Express and Microloan; USDA OneRD for B&I) or what lenders
 * of that kind commonly ask. They are an example, and no lender's offer.
 */

/** A programme's criteria. `0` asks for nothing; an empty list of states or purposes means all of them. */
type Programme = {
  id: string;
  name: string;
  lender: "bank" | "government_backed" | "online" | "community" | "finance_company";
  min_amount: number;
  max_amount: number;
  min_years_in_business: number;
  min_credit_score: number;
  min_annual_revenue: number;
  /** Cash flow over debt service, the new loan's included. */
  min_dscr: number;
  /** Pledged collateral over amount, in percent. */
  min_collateral_percent: number;
  /** Own money over amount, in percent. */
  min_down_payment_percent: number;
  /** Receivables over amount, in percent. */
  min_receivables_percent: number;
  /** A month's card sales over amount, in percent. */
  min_card_sales_percent: number;
  max_employees: number;
  rural_only: boolean;
  us_owned_only: boolean;
  allows_bankruptcy: boolean;
  purposes: readonly string[];
  states: readonly string[];
  excluded_industries: readonly string[];
  rate_percent: number;
  max_term_months: number;
  days_to_fund: number;
};

const ASKS_NOTHING = {
  min_years_in_business: 0,
  min_credit_score: 0,
  min_annual_revenue: 0,
  min_dscr: 0,
  min_collateral_percent: 0,
  min_down_payment_percent: 0,
  min_receivables_percent: 0,
  min_card_sales_percent: 0,
  max_employees: 1_000_000,
  rural_only: false,
  us_owned_only: false,
  allows_bankruptcy: true,
  purposes: [],
  states: [],
  excluded_industries: [],
} as const;

/** What the SBA does not lend for (13 CFR 120.110). */
const SBA_EXCLUDED = [
  "gambling",
  "lending",
  "speculation",
  "adult",
  "cannabis",
  "life_insurance",
  "multi_level_marketing",
];
const SBA = {
  ...ASKS_NOTHING,
  lender: "government_backed",
  us_owned_only: true,
  allows_bankruptcy: false,
  max_employees: 500,
} as const;
const REGULATED = ["gambling", "adult", "cannabis"];

export const lendingProgrammes: readonly Programme[] = [
  {
    ...SBA,
    id: "sba-7a",
    name: "SBA 7(a) standard",
    min_amount: 50_000,
    max_amount: 5_000_000,
    min_years_in_business: 2,
    min_credit_score: 680,
    min_annual_revenue: 100_000,
    min_dscr: 1.15,
    min_down_payment_percent: 10,
    excluded_industries: SBA_EXCLUDED,
    rate_percent: 10.75,
    max_term_months: 120,
    days_to_fund: 60,
  },
  {
    ...SBA,
    id: "sba-express",
    name: "SBA Express",
    min_amount: 10_000,
    max_amount: 500_000,
    min_years_in_business: 2,
    min_credit_score: 660,
    min_annual_revenue: 75_000,
    min_dscr: 1.1,
    excluded_industries: SBA_EXCLUDED,
    rate_percent: 12.25,
    max_term_months: 84,
    days_to_fund: 30,
  },
  {
    ...SBA,
    id: "sba-504",
    name: "SBA 504 for property and heavy equipment",
    min_amount: 125_000,
    max_amount: 5_500_000,
    min_years_in_business: 2,
    min_credit_score: 680,
    min_dscr: 1.2,
    min_collateral_percent: 90,
    min_down_payment_percent: 10,
    purposes: ["property", "equipment", "construction"],
    excluded_industries: [...SBA_EXCLUDED, "rental_property"],
    rate_percent: 6.6,
    max_term_months: 300,
    days_to_fund: 75,
  },
  {
    ...SBA,
    id: "sba-microloan",
    name: "SBA Microloan",
    lender: "community",
    min_amount: 500,
    max_amount: 50_000,
    min_credit_score: 575,
    purposes: ["working_capital", "inventory", "equipment"],
    excluded_industries: SBA_EXCLUDED,
    rate_percent: 10.5,
    max_term_months: 84,
    days_to_fund: 40,
  },
  {
    ...ASKS_NOTHING,
    id: "usda-bi",
    name: "USDA Business & Industry guarantee",
    lender: "government_backed",
    min_amount: 200_000,
    max_amount: 25_000_000,
    min_years_in_business: 2,
    min_credit_score: 680,
    min_dscr: 1.2,
    min_collateral_percent: 100,
    min_down_payment_percent: 10,
    rural_only: true,
    us_owned_only: true,
    allows_bankruptcy: false,
    excluded_industries: [...REGULATED, "lending"],
    rate_percent: 9.25,
    max_term_months: 360,
    days_to_fund: 90,
  },
  {
    ...ASKS_NOTHING,
    id: "bank-term",
    name: "Bank term loan",
    lender: "bank",
    min_amount: 100_000,
    max_amount: 3_000_000,
    min_years_in_business: 3,
    min_credit_score: 700,
    min_annual_revenue: 500_000,
    min_dscr: 1.25,
    min_collateral_percent: 70,
    allows_bankruptcy: false,
    excluded_industries: [...REGULATED, "crypto", "restaurant"],
    rate_percent: 8.4,
    max_term_months: 84,
    days_to_fund: 35,
  },
  {
    ...ASKS_NOTHING,
    id: "bank-line",
    name: "Bank line of credit",
    lender: "bank",
    min_amount: 50_000,
    max_amount: 1_000_000,
    min_years_in_business: 2,
    min_credit_score: 690,
    min_annual_revenue: 400_000,
    min_dscr: 1.2,
    allows_bankruptcy: false,
    purposes: ["working_capital", "inventory", "payroll"],
    excluded_industries: [...REGULATED, "crypto"],
    rate_percent: 9.1,
    max_term_months: 24,
    days_to_fund: 25,
  },
  {
    ...ASKS_NOTHING,
    id: "equipment-finance",
    name: "Equipment finance",
    lender: "finance_company",
    min_amount: 15_000,
    max_amount: 2_000_000,
    min_years_in_business: 1,
    min_credit_score: 630,
    min_annual_revenue: 120_000,
    min_collateral_percent: 80,
    purposes: ["equipment", "vehicles"],
    excluded_industries: ["adult"],
    rate_percent: 10.9,
    max_term_months: 72,
    days_to_fund: 7,
  },
  {
    ...ASKS_NOTHING,
    id: "online-term",
    name: "Online term loan",
    lender: "online",
    min_amount: 10_000,
    max_amount: 500_000,
    min_years_in_business: 1,
    min_credit_score: 625,
    min_annual_revenue: 150_000,
    min_dscr: 1,
    allows_bankruptcy: false,
    excluded_industries: REGULATED,
    rate_percent: 22.5,
    max_term_months: 36,
    days_to_fund: 3,
  },
  {
    ...ASKS_NOTHING,
    id: "revenue-based",
    name: "Revenue-based financing",
    lender: "online",
    min_amount: 25_000,
    max_amount: 1_500_000,
    min_years_in_business: 1,
    min_credit_score: 580,
    min_annual_revenue: 500_000,
    purposes: ["marketing", "inventory", "working_capital", "hiring"],
    excluded_industries: [...REGULATED, "construction"],
    rate_percent: 19,
    max_term_months: 30,
    days_to_fund: 5,
  },
  {
    ...ASKS_NOTHING,
    id: "invoice-factoring",
    name: "Invoice factoring",
    lender: "finance_company",
    min_amount: 10_000,
    max_amount: 5_000_000,
    min_receivables_percent: 115,
    purposes: ["working_capital", "payroll", "inventory"],
    excluded_industries: ["restaurant", "retail"],
    rate_percent: 24,
    max_term_months: 12,
    days_to_fund: 4,
  },
  {
    ...ASKS_NOTHING,
    id: "merchant-advance",
    name: "Merchant cash advance",
    lender: "online",
    min_amount: 5_000,
    max_amount: 250_000,
    min_years_in_business: 0.5,
    min_credit_score: 500,
    min_annual_revenue: 100_000,
    min_card_sales_percent: 12,
    excluded_industries: ["adult"],
    rate_percent: 48,
    max_term_months: 12,
    days_to_fund: 2,
  },
  {
    ...ASKS_NOTHING,
    id: "cdfi",
    name: "Community development loan (CDFI)",
    lender: "community",
    min_amount: 5_000,
    max_amount: 350_000,
    min_years_in_business: 0.5,
    min_credit_score: 560,
    min_annual_revenue: 30_000,
    min_dscr: 1,
    max_employees: 100,
    states: ["CA", "IL", "MI", "NY", "OH", "PA", "TX"],
    excluded_industries: REGULATED,
    rate_percent: 8.9,
    max_term_months: 72,
    days_to_fund: 30,
  },
  {
    ...ASKS_NOTHING,
    id: "property-bridge",
    name: "Commercial property bridge loan",
    lender: "finance_company",
    min_amount: 250_000,
    max_amount: 10_000_000,
    min_credit_score: 620,
    min_collateral_percent: 135,
    purposes: ["property", "construction"],
    rate_percent: 12.5,
    max_term_months: 24,
    days_to_fund: 14,
  },
];
