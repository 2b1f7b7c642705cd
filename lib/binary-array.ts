/**
 * PostgreSQL arrays in their binary form, as array_recv reads them: dimensions, "has nulls", element type, length, lower bound, then each
 * element with its length. Bodies go to the server as the bytes that came in: written as an array literal, every quote and backslash of
 * them would be escaped here and unescaped there.
 */

const OID = { bytea: 17, int4: 23, text: 25, uuid: 2950 } as const;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

function header(buffer: Buffer, elementType: number, length: number, hasNulls: boolean): void {
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(elementType, 8);
  if (length === 0) return;
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
}

function allocate(length: number, elementBytes: number): Buffer {
  // an array without elements has no dimensions, and its header ends before them
  return Buffer.allocUnsafe(length === 0 ? 12 : HEADER_BYTES + length * LENGTH_BYTES + elementBytes);
}

function variable(elementType: number, elements: readonly (Uint8Array | null)[]): Buffer {
  let bytes = 0;
  for (const element of elements) bytes += element?.length ?? 0;
  const buffer = allocate(elements.length, bytes);
  header(buffer, elementType, elements.length, elements.includes(null));
  let at = HEADER_BYTES;
  for (const element of elements) {
    at = buffer.writeInt32BE(element === null ? -1 : element.length, at);
    if (element === null) continue;
    buffer.set(element, at);
    at += element.length;
  }
  return buffer;
}

/** `bytea[]` */
export function byteaArray(elements: readonly (Uint8Array | null)[]): Buffer {
  return variable(OID.bytea, elements);
}

/** `text[]` of elements that are UTF-8 bytes already; the server checks that they are. */
export function utf8Array(elements: readonly (Uint8Array | null)[]): Buffer {
  return variable(OID.text, elements);
}

/** `text[]` */
export function textArray(elements: readonly (string | null)[]): Buffer {
  const lengths = elements.map((element) => (element === null ? -1 : Buffer.byteLength(element)));
  const bytes = lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  const buffer = allocate(elements.length, bytes);
  header(buffer, OID.text, elements.length, elements.includes(null));
  let at = HEADER_BYTES;
  for (const [n, element] of elements.entries()) {
    at = buffer.writeInt32BE(lengths[n]!, at);
    if (element !== null) at += buffer.write(element, at);
  }
  return buffer;
}

/** `int4[]` */
export function int4Array(elements: readonly number[]): Buffer {
  const buffer = allocate(elements.length, elements.length * 4);
  header(buffer, OID.int4, elements.length, false);
  let at = HEADER_BYTES;
  for (const element of elements) at = buffer.writeInt32BE(element, buffer.writeInt32BE(4, at));
  return buffer;
}

/** `uuid[]` of ids in their usual spelling. */
export function uuidArray(elements: readonly (string | null)[]): Buffer {
  const nulls = elements.reduce((count, element) => count + (element === null ? 1 : 0), 0);
  const buffer = allocate(elements.length, (elements.length - nulls) * 16);
  header(buffer, OID.uuid, elements.length, nulls > 0);
  let at = HEADER_BYTES;
  for (const element of elements) {
    at = buffer.writeInt32BE(element === null ? -1 : 16, at);
    if (element === null) continue;
    const written = buffer.write(element.replaceAll("-", ""), at, 16, "hex");
    if (written !== 16) throw new TypeError("not a UUID");
    at += 16;
  }
  return buffer;
}
