/** Comma-separated values (RFC 4180): quoted fields, doubled quotes, CRLF or LF. */

export type CsvRow = { line: number; fields: string[] };

/** Throws an Error that names the line of a quote that is never closed or stands inside a bare field. */
export function parseCsv(text: string): CsvRow[] {
  const source = text.replace(/^\uFEFF/, "");
  const rows: CsvRow[] = [];
  // a field, and what ends it
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let line = 1;
  let row: CsvRow = { line, fields: [] };
  while (field.lastIndex < source.length || row.fields.length > 0) {
    const start = field.lastIndex;
    const match = field.exec(source);
    if (!match)
      throw new Error(`line ${line}: a quote is not closed or stands inside a field (column ${row.fields.length + 1})`);
    const [whole, quoted, bare, end] = match;
    row.fields.push(quoted === undefined ? bare!.trim() : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    if (end === ",") continue;
    if (row.fields.length > 1 || row.fields[0] !== "") rows.push(row);
    row = { line, fields: [] };
    // An empty match at the end of the text would go on for ever.
    if (field.lastIndex >= source.length || field.lastIndex === start) break;
  }
  return rows;
}
