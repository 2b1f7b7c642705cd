/**
 * Where the data folder is. Usually where NEXIO_DATA_DIR says; but as root in a checkout that other users cannot enter (/root), the
 * user of the embedded PostgreSQL could not reach the default, and a place under /var/lib is taken instead.
 */
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { projectRoot } from "./project-root.ts";
import { canReach, postgresUser } from "./postgres-user.ts";

const DEFAULT = ".nexio";
const ELSEWHERE = "/var/lib/nexio";

/** The folder's absolute path. A relative `configured` counts from the checkout, so that it is the same from every working directory. */
export function dataFolderPath(configured: string): string {
  const root = projectRoot();
  const path = resolve(root, configured);
  if (configured !== DEFAULT) return path;
  const user = postgresUser(join(path, "postgres"));
  if (!user || canReach(user, root)) return path;
  return join(ELSEWHERE, `${basename(root)}-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`);
}
