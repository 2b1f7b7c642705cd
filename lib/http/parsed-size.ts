/**
 * How many bytes a JSON text takes at most when it has been made into objects, told without making them. It may be twenty times the text's own:
 * besides what stands there, the engine keeps a shape for every order of names that it has not seen before.
 */
import { MAX_DEPTH } from "./json-scan.ts";

// In bytes, as measured (Node 24): tests/unit/parsed-size.test.ts.
const OF_OBJECT = 64;
const OF_LIST = 48;
const OF_ENTRY = 24;
const OF_TEXT = 16;
/** Of an entry by a name that no object has had in its place yet, and by one that is a number. */
const OF_NEW_NAME = 112;
/** Of a character, where one of the text does not fit a byte. */
const OF_CHARACTER = 2;

/** The bits of the names that were seen: a body of a megabyte has less than a tenth as many. */
const SEEN_BITS = 21;
const PRIME = 0x01000193;
const ODD = 0x9e3779b1;
// Another one in each process, so that nobody can make up names that count as one.
const SEED = Math.floor(Math.random() * 0x1_0000_0000) | 1;

const code = (character: string) => character.charCodeAt(0);
const [QUOTE, BACKSLASH, OPEN, CLOSE, COLON, COMMA, LIST] = [...'"\\{}:,['].map(code);
const isDigit = (byte: number | undefined) => byte !== undefined && byte >= code("0") && byte <= code("9");

/** Remembers hashes by a bit of each; tells whether it has seen one before, or one that has the same bit. */
function createSeen(): (hash: number) => boolean {
  const bits = new Uint8Array(1 << (SEEN_BITS - 3));
  return (hash) => {
    const at = (hash ^ (hash >>> 15)) & ((1 << SEEN_BITS) - 1);
    const isSeen = (bits[at >> 3]! & (1 << (at & 7))) !== 0;
    bits[at >> 3]! |= 1 << (at & 7);
    return isSeen;
  };
}

/** What is larger as objects would take this process's memory by itself, whatever room there is. Of ordinary JSON that is more than any output has. */
const MOST = 96 << 20;
/** A byte of text is never more than so many as objects. */
const MOST_OF_A_BYTE = 32;

/** Whether this JSON, such as an output of millions of empty objects, must not be made into objects here; what is smaller than 3 MiB may. */
export function isTooLargeToParse(json: string): boolean {
  return json.length > MOST / MOST_OF_A_BYTE && parsedSize(Buffer.from(json)) > MOST;
}

/** About how many bytes this JSON takes parsed, at most; of what is no JSON any number. */
export function parsedSize(raw: Uint8Array): number {
  const isSeen = createSeen();
  let size = raw.length * OF_CHARACTER;
  // The names of the object that is open, in their order, as one hash; and those of the objects around it.
  let names = SEED;
  const outer: number[] = [];
  let depth = 0;
  let text = SEED;
  let textAt = 0;
  let inText = false;
  for (let at = 0; at < raw.length; at += 1) {
    const byte = raw[at]!;
    if (inText) {
      if (byte === QUOTE) inText = false;
      // What is escaped belongs to the text, also where it is a quote.
      else text = Math.imul(text ^ (byte === BACKSLASH ? raw[(at += 1)]! : byte), PRIME);
    } else if (byte === QUOTE) {
      inText = true;
      text = SEED;
      textAt = at + 1;
      size += OF_TEXT;
    } else if (byte === COLON) {
      names = Math.imul(names ^ text, ODD);
      if (!isSeen(names) || isDigit(raw[textAt])) size += OF_NEW_NAME;
    } else if (byte === COMMA) size += OF_ENTRY;
    else if (byte === LIST) size += OF_LIST;
    else if (byte === OPEN) {
      size += OF_OBJECT;
      // Names that stand deeper than anything is accepted share one hash: they are counted, and not told apart.
      if (depth < MAX_DEPTH) outer.push(names);
      depth += 1;
      names = SEED;
    } else if (byte === CLOSE) {
      depth -= 1;
      names = (depth < MAX_DEPTH ? outer.pop() : undefined) ?? SEED;
    }
  }
  return size;
}
