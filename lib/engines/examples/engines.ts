/** The engines that every new organization gets, and requests that they complete. */
import { companyCheck } from "./company-check.ts";
import { loanPlacement } from "./loan-placement.ts";

const examples = [loanPlacement, companyCheck];

/** Slug, name, description, type and config of each example. */
export const exampleEngines = examples.map(({ slug, name, description, type, config }) => ({
  slug,
  name,
  description,
  type,
  config,
}));

/** A ready request body by engine slug; served at /examples/<engine-slug>.json. */
export const exampleRequests: ReadonlyMap<string, object> = new Map(
  examples.map(({ slug, request }) => [slug, request]),
);
