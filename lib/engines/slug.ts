/** The rule for engine slugs. Pure, so that the portal can check it while typing. */

export const ENGINE_SLUG_PATTERN = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;

/** What is wrong with a new engine's slug, or null. */
export function engineSlugProblem(slug: string): string | null {
  return ENGINE_SLUG_PATTERN.test(slug)
    ? null
    : "An engine's slug has 3 to 50 lowercase letters, digits or hyphens, and neither begins nor ends with a hyphen";
}
