/**
 * The folder of this checkout: where prisma/, node_modules/ and the default data folder lie.
 *
 * The code runs from lib/ (tests), from a bundle under dist/, and from inside Next, so that no fixed number of ".." fits.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function isRoot(folder: string): boolean {
  const file = join(folder, "package.json");
  return existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }).name === "nexio";
}

function above(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isRoot(folder)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The absolute path of the checkout. Throws when the program was moved away from its package.json. */
export function projectRoot(): string {
  const here = import.meta.url.startsWith("file:") ? above(dirname(fileURLToPath(import.meta.url))) : undefined;
  const root = here ?? above(process.cwd());
  if (!root) throw new Error("Nexio's package.json was not found above the program or the working directory");
  return root;
}
