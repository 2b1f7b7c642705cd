/**
 * The fields that an expression of the decision language reads from its context, as far as its words tell without evaluating it; a text with
 * mistakes reads what it seems to read. Takes linear time. Pure.
 */
import { type Token, tokensOf } from "./expression-text.ts";
import { isUnconditional, neededOf } from "./expression-uses.ts";
import { meet, type Types } from "./json-types.ts";
import { ELEMENTS, type ShapePath } from "./shape.ts";

/** `isWhole`: whatever is in it may be read as well. `uses`: what it has to be wherever the expression is evaluated; undefined where nothing tells. */
export type Read = { path: ShapePath; isWhole: boolean; uses: Types };

const KEYWORDS = new Set(["and", "or", "not", "in", "as", "true", "false", "null"]);
/** Functions that go through a list; what stands behind their comma sees an element as `#`. */
const CLOSURES = new Set(["all", "some", "none", "one", "filter", "map", "flatMap", "count"]);

const NAMES = /[\p{L}_$]/u;

/**
 * What an expression reads: `customer.age` and `customer['age']` alike; the empty path where it is the whole context. Indexes and closures read
 * the elements of lists: `xs[0].v` and `map(xs, #.v)` read `xs[].v`. What the node has computed itself (`$.x`), other nodes by name
 * (`$nodes.x`) and the expression's own variables are none. Where something is read of which nobody can tell where it comes from
 * (`map(f(xs), #.v)`, `xs[i].v`), everything that the expression reads is read as a whole.
 */
export function readsOf(text: string): Read[] {
  // Most cells of tables: a number, a range.
  if (!NAMES.test(text)) return [];
  const reading = new Reading();
  reading.scan(text);
  return reading.reads();
}

/** What `#` stands for; null where nobody can tell, undefined outside of closures. */
type Elements = ShapePath | null | undefined;

/**
 * An open bracket. `source`: the elements of the list that its closure goes through. Behind it `#` stands for `outer` again, and the name that its
 * closure gave to an element for what it stood for `before`.
 */
type Open = {
  mark: string;
  at: number;
  closure: string | undefined;
  source: Elements;
  outer: Elements;
  alias?: { name: string; before: Elements };
};

type Path = { path: ShapePath | undefined; end: number };

class Reading {
  readonly #found = new Map<string, Read>();
  readonly #variables = new Set<string>();
  readonly #aliases = new Map<string, Elements>();
  #elements: Elements = undefined;
  #isVague = false;

  reads(): Read[] {
    const own = [...this.#found.values()].filter(({ path }) => !this.#variables.has(path[0] ?? ""));
    return this.#isVague || this.#variables.size > 0
      ? own.map(({ path }) => ({ path, isWhole: true, uses: undefined }))
      : own;
  }

  scan(text: string, isTemplate = false): void {
    const tokens = tokensOf(text);
    const isCertain = !isTemplate && isUnconditional(tokens);
    const open: Open[] = [];
    let followed = 0;
    for (let at = 0; at < tokens.length; at += 1) {
      const { kind, text: word } = tokens[at]!;
      if (kind === "mark") this.#track(tokens, at, open);
      if (kind === "template") for (const inner of expressionsIn(word)) this.scan(inner, true);
      if (kind !== "name" || at < followed || isKey(tokens, at, open)) continue;
      const [before, after] = [tokens[at - 1]?.text, tokens[at + 1]?.text];
      if (isDot(tokens[at - 1])) this.#isVague ||= after !== "(";
      else if (before === "as") continue;
      else if (after === "=" && word !== "$") this.#variables.add(word);
      else if (!KEYWORDS.has(word) && after !== "(") followed = this.#follow(tokens, at, open, isCertain);
    }
    // A closure that a template cuts off at a brace ends with its part.
    for (const cutOff of open.reverse()) this.#leave(cutOff);
  }

  #follow(tokens: readonly Token[], at: number, open: readonly Open[], isCertain: boolean): number {
    const { path, end } = this.#pathFrom(tokens, at);
    const isSource = open.at(-1)?.at === at - 1 && open.at(-1)!.source !== undefined;
    if (path) {
      const uses = isCertain ? neededOf(tokens, at, end) : undefined;
      this.#add(path, !isSource && !isOnlyMeasured(tokens, at, end), uses);
    }
    return end;
  }

  #add(path: ShapePath, isWhole: boolean, uses?: Types): void {
    const key = path.join("\0");
    const known = this.#found.get(key);
    this.#found.set(key, { path, isWhole: isWhole || known?.isWhole === true, uses: meet(known?.uses, uses) });
  }

  #track(tokens: readonly Token[], at: number, open: Open[]): void {
    const mark = tokens[at]!.text;
    if ("([{".includes(mark)) {
      const name = tokens[at - 1]?.text ?? "";
      const closure = mark === "(" && CLOSURES.has(name) ? name : undefined;
      const source = closure ? this.#sourceFrom(tokens, at + 1) : undefined;
      open.push({ mark, at, closure, source, outer: this.#elements });
    } else if (mark === ",") this.#enter(tokens, at, open.at(-1));
    else if (")]}".includes(mark)) {
      const closed = open.pop();
      if (!closed) return;
      this.#leave(closed);
      if (closed.closure === "filter" && closed.source) this.#leaveFilter(tokens, closed, at, open.at(-1));
    }
  }

  /** Behind the comma of a closure `#` is an element, and so is the name that it was given. */
  #enter(tokens: readonly Token[], at: number, here: Open | undefined): void {
    if (!here?.closure) return;
    this.#elements = here.source ?? null;
    if (here.alias || tokens[at - 2]?.text !== "as") return;
    const name = tokens[at - 1]!.text;
    here.alias = { name, before: this.#aliases.get(name) };
    this.#aliases.set(name, this.#elements);
  }

  #leave({ outer, alias }: Open): void {
    this.#elements = outer;
    if (!alias) return;
    if (alias.before === undefined) this.#aliases.delete(alias.name);
    else this.#aliases.set(alias.name, alias.before);
  }

  /** What a filter lets through are elements of the same list. */
  #leaveFilter(tokens: readonly Token[], filter: Open, at: number, around: Open | undefined): void {
    if (around?.closure && around.at === filter.at - 2 && isSourceEnd(tokens, at + 1)) around.source = filter.source;
    else if (!isOnlyMeasured(tokens, filter.at - 1, at + 1)) this.#add(filter.source!, true);
  }

  #sourceFrom(tokens: readonly Token[], at: number): Elements {
    if (tokens[at]?.kind !== "name" || tokens[at + 1]?.text === "(") return undefined;
    const { path, end } = this.#pathFrom(tokens, at);
    return path && isSourceEnd(tokens, end) ? [...path, ELEMENTS].slice(0, MAX_NAMES) : undefined;
  }

  /** The path that begins with the name at `at`; none where it is not of the context. Ends before a method and an index that is computed. */
  #pathFrom(tokens: readonly Token[], at: number): Path {
    const start = this.#startOf(tokens[at]!.text);
    const path = [...(start ?? [])];
    let end = at + 1;
    while (path.length < MAX_NAMES) {
      const step = stepAt(tokens, end);
      if (!step) break;
      path.push(step.name);
      end = step.end;
    }
    return { path: start ? path : undefined, end };
  }

  #startOf(name: string): ShapePath | undefined {
    if (name === "$root") return [];
    if (name !== "#" && !this.#aliases.has(name)) return /^[$#@]/.test(name) ? undefined : [name];
    const elements = name === "#" ? this.#elements : this.#aliases.get(name);
    if (elements === null) this.#isVague = true;
    return elements ?? undefined;
  }
}

/** Longest path that is followed, in names. */
const MAX_NAMES = 16;

/** The next name of a path: `.name`, `['name']`, or `[0]` for an element. */
function stepAt(tokens: readonly Token[], at: number): { name: string; end: number } | undefined {
  const [first, second, third] = tokens.slice(at, at + 3);
  if (isDot(first)) {
    const isMember = second?.kind === "name" && third?.text !== "(";
    return isMember ? { name: second.text, end: at + 2 } : undefined;
  }
  const name = first?.text === "[" && third?.text === "]" ? keyOf(second!) : undefined;
  return name === undefined ? undefined : { name, end: at + 3 };
}

/** The key that a literal in brackets is. The language knows no escapes. */
function keyOf({ kind, text }: Token): string | undefined {
  if (kind === "number") return /^\d+$/.test(text) ? ELEMENTS : undefined;
  if (kind !== "string" || text.includes("\\") || text.length < 2 || text.at(-1) !== text[0]) return undefined;
  const key = text.slice(1, -1);
  return key === ELEMENTS ? undefined : key;
}

/** Whether the list of a closure ends here: `map(xs, …` and `map(xs as x, …`. */
function isSourceEnd(tokens: readonly Token[], at: number): boolean {
  return tokens[tokens[at]?.text === "as" ? at + 2 : at]?.text === ",";
}

const EQUALS = new Set(["==", "!="]);

/** Whether what stands between is only counted or compared, so that nothing in it goes anywhere: `len(xs)`, `xs != null`. */
function isOnlyMeasured(tokens: readonly Token[], from: number, end: number): boolean {
  const [before, after] = [tokens[from - 1]?.text ?? "", tokens[end]?.text ?? ""];
  if (before === "(" && after === ")") return tokens[from - 2]?.text === "len";
  return EQUALS.has(before) || EQUALS.has(after);
}

/** `code` in `{code: x}`, not `b` in `a ? b : c`. */
function isKey(tokens: readonly Token[], at: number, open: readonly Open[]): boolean {
  return open.at(-1)?.mark === "{" && tokens[at + 1]?.text === ":" && ["{", ","].includes(tokens[at - 1]?.text ?? "");
}

function expressionsIn(template: string): string[] {
  const found: string[] = [];
  for (let from = template.indexOf("${"); from >= 0; from = template.indexOf("${", from)) {
    const to = template.indexOf("}", from);
    if (to < 0) break;
    found.push(template.slice(from + 2, to));
    from = to;
  }
  return found;
}

const isDot = (token: Token | undefined) => token?.text === "." || token?.text === "?.";
