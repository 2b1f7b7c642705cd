/** The rule for environment slugs. Pure, so that the portal checks it while typing and the server checks it again. */

export const SLUG_PATTERN = /^[a-z0-9_]{1,16}$/;

/** Slugs that nobody can create. `staging`, `prod` and `production` are allowed on purpose. */
export const RESERVED_SLUGS: readonly string[] = ["live", "test", "internal", "admin", "api", "nexio", "draft", "all"];

/** Environments that are made by the program and that nobody can delete. */
export const PROTECTED_SLUGS: readonly string[] = ["live", "test"];

export type SlugProblem = { code: "invalid_slug" | "slug_reserved"; message: string };

/** What is wrong with a new environment's slug, or null. */
export function slugProblem(slug: string): SlugProblem | null {
  if (!SLUG_PATTERN.test(slug)) {
    return { code: "invalid_slug", message: "A slug has 1 to 16 lowercase letters, digits or underscores" };
  }
  if (RESERVED_SLUGS.includes(slug)) return { code: "slug_reserved", message: `The slug ${slug} is reserved` };
  return null;
}
