/**
 * Has the expressions and functions of a graph compiled, in an evaluator child: an expression can be made to hang or abort the process that
 * compiles it, and that must not be the one that serves the portal. Organizations take turns with the children (evaluate-check-turns.ts).
 */
import { createTurns, type Turns } from "./evaluate-check-turns.ts";
import type { CheckSource } from "./evaluate-protocol.ts";
import { CHILD_MEMORY_BYTES, evaluatorChildren } from "./evaluate-children.ts";
import { readUsage } from "./evaluate-process.ts";

/** What is wrong: [index of the source, words], and with the config as a whole. */
export type CheckResult = { problems: [number, string][]; whole: string | undefined };

const MAX_CHILDREN = 2;
/** Checks of one organization at once: one that runs and 20 that wait. */
const MAX_CHECKS = 21;
const WATCH_MS = 50;
/** Without progress for this long, the sources are tried one by one. */
const PATIENCE_MS = 2_000;
/** Longest that one source may take. */
const PATIENCE_EACH_MS = 500;
/** Sources that may end or hang a child, before the rest is refused unseen. */
const MAX_CULPRITS = 3;

// One set for the server's bundle and Next's.
const KEY = Symbol.for("nexio.expressionCheckers");
const store = globalThis as { [KEY]?: Turns };
const turns = (store[KEY] ??= createTurns({
  slots: MAX_CHILDREN,
  maxChecks: MAX_CHECKS,
  tooMany: "Too many configs of this organization are being validated",
}));
const children = evaluatorChildren(0);

let lastCheck = 0;

/**
 * Compiles `sources`, then loads `config` (the JSON text of the whole). Throws 503 when too many checks of the organization wait, else only
 * when no child can be started.
 */
export async function checkSources(orgId: string, sources: CheckSource[], config: string): Promise<CheckResult> {
  const leave = turns.admit(orgId);
  try {
    return await checkInTurns(orgId, sources, config);
  } finally {
    leave();
  }
}

async function checkInTurns(orgId: string, sources: CheckSource[], config: string): Promise<CheckResult> {
  const result: CheckResult = { problems: [], whole: undefined };
  let from = 0;
  let careful = false;
  for (let culprits = 0; ;) {
    // Each attempt has a turn of its own: what hangs again and again lets the others in between.
    const end = await turns.take(orgId, careful);
    const attempt = await checkOnce({ sources, config, from, careful, result }).finally(end);
    if (attempt.ended) return result;
    from = attempt.upTo;
    if (careful && from >= sources.length) {
      result.whole = `the engine ${attempt.why} on it`;
      return result;
    }
    if (careful) {
      result.problems.push([from, `the engine ${attempt.why} on it`]);
      from += 1;
      culprits += 1;
      if (culprits === MAX_CULPRITS) return result;
    }
    careful = true;
  }
}

type Attempt = { ended: true } | { ended: false; upTo: number; why: "hangs" | "crashes" };
type Work = { sources: CheckSource[]; config: string; from: number; careful: boolean; result: CheckResult };

/** CPU time rather than wall clock, because on a busy machine what is fine may wait long for its turn; NaN where it cannot be read. */
function makesNoProgress(still: { ms: number; cpuMs: number }, patienceMs: number): boolean {
  return (still.ms > patienceMs && !(still.cpuMs < patienceMs)) || still.ms > 8 * patienceMs;
}

/** One go of one child. `upTo`: the sources before it are done. */
async function checkOnce({ sources, config, from, careful, result }: Work): Promise<Attempt> {
  const child = await children.take();
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const check = (lastCheck += 1);
  let upTo = from;
  const cpuMs = () => readUsage(child.process.pid)?.cpuMs ?? Number.NaN;
  let progress = { atMs: performance.now(), cpuMs: cpuMs() };
  const give = (why: "hangs" | "crashes") => resolve({ ended: false, upTo, why });
  child.onExit = () => give("crashes");
  child.onReply = (reply) => {
    if (reply.kind === "checked" && reply.check === check) {
      upTo = reply.upTo;
      progress = { atMs: performance.now(), cpuMs: cpuMs() };
      result.problems.push(...reply.problems);
    } else if (reply.kind === "checked-whole" && reply.check === check) {
      result.whole = reply.problem;
      resolve({ ended: true });
    }
  };
  const watch = setInterval(() => {
    const still = { ms: performance.now() - progress.atMs, cpuMs: cpuMs() - progress.cpuMs };
    const isStuck = makesNoProgress(still, careful ? PATIENCE_EACH_MS : PATIENCE_MS);
    const isTooBig = (readUsage(child.process.pid)?.rssBytes ?? 0) > CHILD_MEMORY_BYTES;
    if (isStuck || isTooBig) give("hangs");
  }, WATCH_MS);
  child.process.send({ kind: "check", check, sources, from, careful, config });
  const attempt = await promise;
  clearInterval(watch);
  if (attempt.ended) children.putBack(child);
  else child.process.kill();
  return attempt;
}
