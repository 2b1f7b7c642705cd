/**
 * Version numbers of engines: the platform mints them, `major.minor`, the first is 1.0.
 */

export type VersionNumber = { major: number; minor: number };

/** Whether callers of the version before can go on as they are. */
export type Compatibility = "compatible" | "breaking";

const EXACT = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/** The number of the version that follows the newest one, or of the first. */
export function nextVersion(newest: VersionNumber | null, compatibility: Compatibility): VersionNumber {
  if (newest === null) return { major: 1, minor: 0 };
  return compatibility === "compatible"
    ? { major: newest.major, minor: newest.minor + 1 }
    : { major: newest.major + 1, minor: 0 };
}

/** `1.3` */
export function formatVersion(version: VersionNumber): string {
  return `${version.major}.${version.minor}`;
}

/** The number of an exactly written version; null for everything else, `1.x` too. */
export function parseVersion(text: string): VersionNumber | null {
  const match = EXACT.exec(text);
  return match && { major: Number(match[1]), minor: Number(match[2]) };
}

/** What a newly published version becomes the meaning of: `latest`, its major's `1.x`, and itself. */
export function specsOf(version: VersionNumber): readonly [string, string, string] {
  return ["latest", `${version.major}.x`, formatVersion(version)];
}
