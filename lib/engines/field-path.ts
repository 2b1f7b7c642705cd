/** Paths of fields: `customer.age`, `owners[].name` for what is in each element of a list. Pure. */

/** `a.b` → `a`, `a[].b` → `a[]`, `a[]` → `a`; empty for what stands in nothing. */
export function parentOf(path: string): string {
  return path.endsWith("[]") ? path.slice(0, -2) : path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

/** Whether it is this whole or stands in it. */
export function isWithin(path: string, whole: string): boolean {
  return path.startsWith(whole) && (path.length === whole.length || ".[".includes(path[whole.length]!));
}

/** Paths, made ready for questions; each is answered in the time that the path asked for takes to read. */
export type PathIndex = {
  has(path: string): boolean;
  /** Whether something that stands in it is there. */
  hasPartOf(path: string): boolean;
  /** The nearest whole that it stands in and that is there itself. */
  wholeOf(path: string): string | undefined;
};

export function indexPaths(paths: Iterable<string>): PathIndex {
  const there = new Set(paths);
  const wholes = new Set<string>();
  for (const path of there) {
    for (let whole = parentOf(path); whole !== "" && !wholes.has(whole); whole = parentOf(whole)) wholes.add(whole);
  }
  return {
    has: (path) => there.has(path),
    hasPartOf: (path) => wholes.has(path),
    wholeOf(path) {
      let whole = parentOf(path);
      while (whole !== "" && !there.has(whole)) whole = parentOf(whole);
      return whole === "" ? undefined : whole;
    },
  };
}
