/** `nexio keys import`: reads a file of hashes, checks every line, and imports all of them or none. */
import { readFileSync } from "node:fs";
import {
  IMPORT_COLUMNS,
  type ImportProblem,
  type ImportRow,
  parseImportRow,
  REQUIRED_COLUMNS,
} from "../api-keys/import-row.ts";
import { importApiKeys } from "../api-keys/import-service.ts";
import { orgScope } from "../auth/principal.ts";
import { newRequestId } from "../ids.ts";
import { findOrganization } from "../organizations/service.ts";
import { type CsvRow, parseCsv } from "./csv.ts";
import { CommandFailure } from "./failure.ts";

const MAX_SHOWN = 20;

function read(file: string): CsvRow[] {
  try {
    return parseCsv(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CommandFailure(`${file}: ${(error as Error).message}`);
  }
}

function columnsOf(file: string, header: CsvRow | undefined): string[] {
  const names = header?.fields.map((name) => name.toLowerCase()) ?? [];
  const unknown = names.filter((name) => !(IMPORT_COLUMNS as readonly string[]).includes(name));
  const missing = REQUIRED_COLUMNS.filter((name) => !names.includes(name));
  if (unknown.length > 0 || missing.length > 0 || new Set(names).size < names.length) {
    throw new CommandFailure(
      `${file}: the first line must name the columns ${IMPORT_COLUMNS.join(", ")} (${REQUIRED_COLUMNS.join(" and ")} at least), each once` +
        (unknown.length > 0 ? `; unknown: ${unknown.join(", ")}` : ""),
    );
  }
  return names;
}

function refuse(file: string, problems: readonly ImportProblem[]): never {
  const shown = problems.slice(0, MAX_SHOWN).map(({ line, message }) => `  line ${line}: ${message}`);
  const rest = problems.length > MAX_SHOWN ? [`  and ${problems.length - MAX_SHOWN} more`] : [];
  throw new CommandFailure([`${file}: nothing was imported`, ...shown, ...rest].join("\n"));
}

/** Every row of the file, checked. Throws with all bad lines named. */
function parse(file: string): ImportRow[] {
  const [header, ...lines] = read(file);
  const columns = columnsOf(file, header);
  const problems: ImportProblem[] = [];
  const rows: ImportRow[] = [];
  const firstLine = new Map<string, number>();
  for (const { line, fields } of lines) {
    if (fields.length > columns.length) {
      problems.push({ line, message: `has ${fields.length} fields, not ${columns.length}` });
      continue;
    }
    const row = parseImportRow(line, Object.fromEntries(columns.map((name, index) => [name, fields[index] ?? ""])));
    if ("message" in row) {
      problems.push(row);
      continue;
    }
    const hash = Buffer.from(row.hash).toString("hex");
    const before = firstLine.get(hash);
    if (before !== undefined) problems.push({ line, message: `hash: stands on line ${before} already` });
    firstLine.set(hash, line);
    rows.push(row);
  }
  if (problems.length > 0) refuse(file, problems);
  return rows;
}

/** Imports the file into the organization and prints what came of it. */
export async function importKeys(organizationId: string, file: string): Promise<void> {
  const rows = parse(file);
  const organization = await findOrganization(organizationId);
  const scope = orgScope({
    orgId: organization.id,
    principal: { kind: "system", name: "import" },
    permissions: new Set(["api_keys:manage"]),
    request: { requestId: newRequestId(), ip: null, userAgent: null },
  });
  const { imported, known, madeTest } = await importApiKeys(scope, rows);
  if (madeTest) console.log("The legacy environment test was made");
  console.log(`${organization.name}: ${imported} keys imported, ${known} were there already`);
}
