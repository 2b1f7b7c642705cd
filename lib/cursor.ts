/** Keyset cursors over ids, which sort by time: opaque to callers, nothing but the id of the last row shown. */
import { invalidField } from "./errors.ts";
import { isId } from "./ids.ts";

/** A cursor that stands after the row with this id. */
export function cursorAfter(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

/** The id that a cursor stands after; undefined without a cursor. Throws 400 that names `cursor` for what cursorAfter did not make. */
export function idOfCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  if (!isId(id) || cursorAfter(id) !== cursor) throw invalidField("cursor", "is not a cursor of this list");
  return id;
}

/** Cuts rows that were read with `limit + 1` to a page. */
export function toPage<Row extends { id: string }, Dto>(
  rows: readonly Row[],
  limit: number,
  toDto: (row: Row) => Dto,
): { data: Dto[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map((row) => toDto(row)),
    next_cursor: rows.length > limit && last ? cursorAfter(last.id) : null,
  };
}
