/**
 * Checks the bytes of a JSON object and finds its members, without making values of them: acceptance stores what was sent, so that
 * JSON.parse would make objects and texts only to be thrown away (it took a quarter of the work of accepting a run).
 *
 * What breaks a rule is left to json-input.ts, which looks again, slowly, and names the place; both agree on everything that is accepted here.
 */
import { MAX_DEPTH } from "./json-scan.ts";

/** One member of the object: where its name (without quotes) and its value stand. */
export type Member = { nameStart: number; nameEnd: number; start: number; end: number };

/** Numbers that are longer, or have longer exponents, might not fit a double, and are tried. */
const SURE_NUMBER_LENGTH = 200;
const SURE_EXPONENT_DIGITS = 2;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Where something does not fit: the end that every reader below answers instead of a position. */
const NO = -1;

function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return at;
    at += 1;
  }
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= ZERO && byte <= NINE;

function afterDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at += 1;
  return at;
}

// "\/bfnrt after a backslash
const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return NO;
  if (isDigit(byte)) return byte - ZERO;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : NO;
}

/** What four hex digits say, or NO. */
function codeUnit(bytes: Uint8Array, from: number): number {
  let unit = 0;
  for (let at = from; at < from + 4; at++) {
    const digit = hexDigit(bytes[at]);
    if (digit === NO) return NO;
    unit = unit * 16 + digit;
  }
  return unit;
}

/** After the digits of a Unicode escape, and of the second one where it is the first half of a pair. */
function afterUnicodeEscape(bytes: Uint8Array, from: number): number {
  const unit = codeUnit(bytes, from);
  if (unit <= 0) return NO; // NUL, or no digits
  if (unit < 0xd800 || unit > 0xdfff) return from + 4;
  if (unit > 0xdbff || bytes[from + 4] !== BACKSLASH || bytes[from + 5] !== LETTER_U) return NO;
  const second = codeUnit(bytes, from + 6);
  return second >= 0xdc00 && second <= 0xdfff ? from + 10 : NO;
}

function afterString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < SPACE) return NO;
    if (byte !== BACKSLASH) {
      at += 1;
      continue;
    }
    const escaped = bytes[at + 1]!;
    at = escaped === LETTER_U ? afterUnicodeEscape(bytes, at + 2) : SIMPLE_ESCAPES.has(escaped) ? at + 2 : NO;
    if (at === NO) return NO;
  }
}

function isFinite(bytes: Uint8Array, from: number, to: number): boolean {
  return Number.isFinite(Number(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1")));
}

function afterNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  const whole = at;
  at = bytes[at] === ZERO ? at + 1 : afterDigits(bytes, at);
  if (at === whole) return NO;
  if (bytes[at] === DOT) {
    const fraction = at + 1;
    at = afterDigits(bytes, fraction);
    if (at === fraction) return NO;
  }
  let isSure = true;
  if ((bytes[at]! | 0x20) === LETTER_E) {
    at += bytes[at + 1] === PLUS || bytes[at + 1] === MINUS ? 2 : 1;
    const exponent = at;
    at = afterDigits(bytes, exponent);
    if (at === exponent) return NO;
    isSure = at - exponent <= SURE_EXPONENT_DIGITS;
  }
  isSure &&= at - from <= SURE_NUMBER_LENGTH;
  return isSure || isFinite(bytes, from, at) ? at : NO;
}

const LITERALS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

function afterScalar(bytes: Uint8Array, from: number): number {
  const byte = bytes[from];
  if (byte === QUOTE) return afterString(bytes, from);
  if (byte === MINUS || isDigit(byte)) return afterNumber(bytes, from);
  const literal = LITERALS.get(byte!);
  if (!literal) return NO;
  for (let n = 1; n < literal.length; n++) if (bytes[from + n] !== literal[n]) return NO;
  return from + literal.length;
}

// What stands open: 1 for an object, 0 for an array. Used by one call at a time.
const open = new Uint8Array(MAX_DEPTH + 2);

/** After the name of a member and its colon, at its value; pushes the member where it is one of the body's own. */
function afterName(bytes: Uint8Array, from: number, members: Member[] | undefined): number {
  if (bytes[from] !== QUOTE) return NO;
  const end = afterString(bytes, from);
  if (end === NO) return NO;
  const colon = afterSpace(bytes, end);
  if (bytes[colon] !== COLON) return NO;
  const value = afterSpace(bytes, colon + 1);
  members?.push({ nameStart: from + 1, nameEnd: end - 1, start: value, end: 0 });
  return value;
}

/**
 * The members of the object that these bytes hold, in their order; equal names may stand several times. Undefined for what is no object,
 * is no JSON, or needs an exact look. The bytes must be UTF-8.
 */
export function findMembers(bytes: Uint8Array): Member[] | undefined {
  const members: Member[] = [];
  let depth = 0;
  let at = afterSpace(bytes, 0);
  if (bytes[at] !== OPEN_OBJECT) return undefined;

  for (;;) {
    // A value begins at `at`.
    const byte = bytes[at];
    let goesOn = false;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth > MAX_DEPTH) return undefined;
      open[depth++] = byte === OPEN_OBJECT ? 1 : 0;
      at = afterSpace(bytes, at + 1);
      goesOn = bytes[at] !== (byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY);
    } else {
      at = afterScalar(bytes, at);
      if (at === NO) return undefined;
    }

    // What ends here, until something goes on.
    while (!goesOn) {
      if (depth === 1 && members.length > 0) members[members.length - 1]!.end ||= at;
      at = afterSpace(bytes, at);
      const next = bytes[at];
      goesOn = next === COMMA;
      if (!goesOn) {
        if (next !== (open[depth - 1] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) return undefined;
        depth -= 1;
      }
      at += 1;
      if (depth === 0) return afterSpace(bytes, at) === bytes.length ? members : undefined;
      if (goesOn) at = afterSpace(bytes, at);
    }

    if (open[depth - 1] === 1) {
      at = afterName(bytes, at, depth === 1 ? members : undefined);
      if (at === NO) return undefined;
    }
  }
}
