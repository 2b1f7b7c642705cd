/**
 * `?environment=`: the one parser and the one link builder. The URL is where the chosen environment lives, so that it survives
 * reload, deep links and back/forward; every link inside the portal is made by environmentHref, so that it survives moving on too.
 */
import { SLUG_PATTERN } from "./slug.ts";

export const ENVIRONMENT_PARAM = "environment";
export const LIVE_SLUG = "live";
/** The read-only rollup over all environments. Reserved as a slug, so it never names a row. */
export const ALL_SLUG = "all";

export type EnvironmentKind = "live" | "environment" | "test";

/** What the URL asks for, checked against the environments that exist. */
export type EnvironmentChoice = {
  slug: string;
  kind: EnvironmentKind | "all";
  /** The slug in the URL when no environment has it; the choice is then live, and the page must say so. */
  unknownSlug: string | null;
};

/**
 * No query means live; `all` the rollup; a slug that nobody has means live, with `unknownSlug` set: never another environment.
 * While it is not known which environments there are (undefined), a slug is believed: showing live's rows instead would be worse than a 404.
 */
export function resolveEnvironment(
  raw: string | readonly string[] | null | undefined,
  environments: readonly { slug: string; kind: EnvironmentKind }[] | undefined,
): EnvironmentChoice {
  const slug = typeof raw === "object" && raw !== null ? (raw[0] ?? null) : (raw ?? null);
  if (slug === null || slug === "" || slug === LIVE_SLUG) return { slug: LIVE_SLUG, kind: "live", unknownSlug: null };
  if (slug === ALL_SLUG) return { slug: ALL_SLUG, kind: "all", unknownSlug: null };
  if (environments === undefined && SLUG_PATTERN.test(slug)) return { slug, kind: "environment", unknownSlug: null };
  const found = environments?.find((environment) => environment.slug === slug);
  if (found) return { slug: found.slug, kind: found.kind, unknownSlug: null };
  return { slug: LIVE_SLUG, kind: "live", unknownSlug: slug };
}

/** A portal link that keeps the environment: `environmentHref("/runs", "dev", {status: "FAILED"})`. Live needs no query. */
export function environmentHref(path: string, slug: string, params: Record<string, string> = {}): string {
  const query = new URLSearchParams(slug === LIVE_SLUG ? {} : { [ENVIRONMENT_PARAM]: slug });
  for (const [name, value] of Object.entries(params)) query.set(name, value);
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
