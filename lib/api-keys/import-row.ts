/** A row of an import of existing keys: what each column may hold. Only hashes are imported, so a key's own text never passes here. */
import { oneLineProblem } from "../plain-text.ts";
import { KEY_SCOPES, type KeyScope } from "../auth/permissions.ts";

export const IMPORT_COLUMNS = ["prefix", "hash", "name", "scopes"] as const;
export const REQUIRED_COLUMNS: readonly string[] = ["prefix", "hash"];

export type ImportRow = {
  /** Where it stood, for messages. */
  line: number;
  environmentSlug: "live" | "test";
  prefix: string;
  hash: Uint8Array<ArrayBuffer>;
  name: string;
  scopes: readonly KeyScope[];
};

export type ImportProblem = { line: number; message: string };

const PREFIX = /^nx_(live|test)_[0-9a-f]{4}$/;
const HASH = /^[0-9a-f]{64}$/i;
const WHOLE_KEY = /^nx_[a-z0-9_]{1,16}_[0-9a-f]{64}$/;

function scopesOf(text: string): readonly KeyScope[] | null {
  const names = text.split(/[\s;|]+/).filter((name) => name !== "");
  if (names.length === 0) return KEY_SCOPES;
  return names.every((name): name is KeyScope => (KEY_SCOPES as readonly string[]).includes(name))
    ? [...new Set(names)]
    : null;
}

/** Reads one row. Without scopes a key keeps all of them: it could do everything before there were any. */
export function parseImportRow(line: number, cells: Readonly<Record<string, string>>): ImportRow | ImportProblem {
  const { prefix = "", hash = "", name = "", scopes = "" } = cells;
  if (WHOLE_KEY.test(prefix) || WHOLE_KEY.test(hash))
    return { line, message: "holds a whole key; only its SHA-256 may be given" };
  const environmentSlug = PREFIX.exec(prefix)?.[1] as "live" | "test" | undefined;
  if (!environmentSlug)
    return { line, message: "prefix: must be nx_live_ or nx_test_ and the key's first 4 hex digits" };
  if (!HASH.test(hash)) return { line, message: "hash: must be the SHA-256 of the whole key, 64 hex digits" };
  if ([...name].length > 80 || (name !== "" && oneLineProblem(name)))
    return { line, message: "name: must be one line of at most 80 characters" };
  const allowed = scopesOf(scopes);
  if (!allowed) return { line, message: `scopes: must be of ${KEY_SCOPES.join(" ")}` };
  return {
    line,
    environmentSlug,
    prefix,
    hash: new Uint8Array(Buffer.from(hash, "hex")),
    name: name === "" ? `Imported ${prefix}…` : name,
    scopes: allowed,
  };
}
