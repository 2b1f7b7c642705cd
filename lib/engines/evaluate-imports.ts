/**
 * Finds what a function node imports that it may not, in its text alone: validation names it, and the evaluator refuses to load it.
 *
 * No parser of ours decides what is code: the words are looked for in the whole text, comments and strings included, so that nothing can be
 * hidden by making it look like something else. Code made of strings at run time is not seen here; FUNCTION_LOCK is what holds that.
 */

/** Modules that function nodes may import; `http` and `zen` would leave the run. */
export const FUNCTION_MODULES = ["dayjs", "big.js", "zod"] as const;

const ALLOWED: ReadonlySet<string> = new Set(FUNCTION_MODULES);
// A property (`a.import`) is none, what is spread (`...import("x")`) is one.
const WORDS = /(?<![\w$#])(?<!(?<!\.\.)\.)(import|export)(?![\w$])/g;
// Ends the list of names between `import` or `export` and `from`: no such list goes on behind it.
const NOT_IN_LIST = /[;()=.:<>+\-[\]&|!?~^%@#`]/;
/** Longest import, its list of names and its comments included, in characters; and most of them in a source. Both keep the search quick. */
const MAX_LENGTH = 500;
const MAX_WORDS = 100;

/** What is wrong with the imports of a function's source, fit to be shown, or undefined. Takes a millisecond at most, whatever the text. */
export function findForbiddenImport(source: string): string | undefined {
  let words = 0;
  for (const match of source.matchAll(WORDS)) {
    words += 1;
    if (words > MAX_WORDS) return `Functions can import and export at most ${MAX_WORDS} times`;
    const problem = importProblem(source, match[1]!, match.index + match[1]!.length);
    if (problem) return problem;
  }
  return undefined;
}

const only = `only ${FUNCTION_MODULES.join(", ")}`;
const COMPUTED = `Functions can import ${only}, each by its name as a plain text`;
const refused = (name: string) => `Functions cannot import "${name}", ${only}`;

/** The problem of one `import` or `export`, behind which `at` stands. */
function importProblem(source: string, word: string, at: number): string | undefined {
  const end = at + MAX_LENGTH;
  let last = word;
  while (at < source.length) {
    if (at > end) return COMPUTED;
    const gap = skipComment(source, at, end);
    if (gap === undefined) return COMPUTED;
    if (gap > at) {
      at = gap;
      continue;
    }
    const char = source[at]!;
    if (char === "(" && last === "import") return callProblem(source, at + 1, end);
    if (char === '"' || char === "'") {
      const text = readText(source, at, end);
      if (text === undefined) return undefined; // no end on this line: not code
      // A word with a backslash may be `from` in disguise.
      if (last === "import" || last === "from" || last.includes("\\"))
        return ALLOWED.has(text) ? undefined : refused(text);
      last = "";
      at += text.length + 2;
      continue;
    }
    if (char === "/" || NOT_IN_LIST.test(char)) return undefined;
    const name = nameAt(source, at, end);
    if (name !== "") last = name;
    else if (char.trim() !== "") last = char;
    at += name.length || 1;
  }
  return undefined;
}

/** The problem of `import(…)`, behind whose parenthesis `at` stands. */
function callProblem(source: string, at: number, end: number): string | undefined {
  const from = skipGap(source, at, end);
  if (from === undefined || !/["'`]/.test(source[from] ?? "")) return COMPUTED;
  const text = readText(source, from, end);
  if (text === undefined) return COMPUTED;
  const close = skipGap(source, from + text.length + 2, end);
  if (close === undefined || source[close] !== ")") return COMPUTED;
  return ALLOWED.has(text) ? undefined : refused(text);
}

/** The text in the quotes that open at `at`, as written; undefined when it does not end on its line and before `end`. */
function readText(source: string, at: number, end: number): string | undefined {
  const quote = source[at]!;
  for (let to = at + 1; to < source.length && to <= end; to += 1) {
    const char = source[to]!;
    if (char === quote) return source.slice(at + 1, to);
    if (char === "\\") to += 1;
    else if (char === "\n" || char === "\r") return undefined;
  }
  return undefined;
}

/** Where white space and comments end; undefined when not before `end`. */
function skipGap(source: string, at: number, end: number): number | undefined {
  while (at <= end) {
    const behind = skipComment(source, at, end);
    if (behind === undefined) return undefined;
    if (behind > at) at = behind;
    else if (at < source.length && source[at]!.trim() === "") at += 1;
    else return at;
  }
  return undefined;
}

/** Where a comment that begins at `at` ends, or `at`; undefined when not before `end`. */
function skipComment(source: string, at: number, end: number): number | undefined {
  const opening = source.slice(at, at + 2);
  if (opening !== "/*" && opening !== "//") return at;
  const rest = source.slice(at + 2, end + 2);
  const length = opening === "/*" ? rest.indexOf("*/") : rest.search(/[\n\r\u2028\u2029]/);
  if (length >= 0) return at + 2 + length + (opening === "/*" ? 2 : 1);
  // A line that is the text's last has no import behind it.
  return opening === "//" && end + 2 >= source.length ? source.length : undefined;
}

const NAME = /[\p{ID_Continue}$\\\u200c\u200d]+/uy;

function nameAt(source: string, at: number, end: number): string {
  NAME.lastIndex = at;
  return (NAME.exec(source)?.[0] ?? "").slice(0, end - at + 1);
}
