/**
 * How an engine version is asked for: `1.3` is exactly that version, `1.x` the newest minor of major 1.
 * `1`, `1.0.0` and `latest` are not asked for; who wants the latest asks for nothing.
 */

/** At most 9 digits, so that a number always fits PostgreSQL's integer; no leading zeros, so that a version has one spelling. */
export const VERSION_SPEC_PATTERN = /^(0|[1-9]\d{0,8})\.(x|0|[1-9]\d{0,8})$/;

export const VERSION_SPEC_RULE = 'A version is written "1.3" (exactly) or "1.x" (the newest of major 1)';

export function isVersionSpec(text: string): boolean {
  return VERSION_SPEC_PATTERN.test(text);
}
