/**
 * The main of an evaluator child: a process that does nothing but evaluate graphs, so that one which loops, crashes or eats memory can be killed.
 *
 * It is started with an empty environment, has no database and no secrets, and speaks with its parent over node IPC only. Its own loop stays free
 * while zen's threads work, so results of the quick runs of a chunk leave while a slow one goes on.
 */
import { checkSource, checkWhole } from "../engines/evaluate-check.ts";
import type { ChildReply, ChildRequest, CheckRequest, RunRequest, RunResult } from "../engines/evaluate-protocol.ts";
import { failed, toResult } from "../engines/evaluate-result.ts";
import type { Tracing } from "../engines/evaluate-trace.ts";
import { evaluateRun, loadConfig, type LoadedConfig } from "../engines/evaluate-run.ts";
import { runError } from "../engines/run-errors.ts";

/** Config text whose compiled form is kept, in characters; compiled it is some 20 times as large. The latest is kept in any case. */
const CACHE_LIMIT = 2 * 1024 * 1024;
/** Results wait at most this long for the others of their chunk. */
const FLUSH_MS = 10;
/** Bodies and traces of one chunk, in characters; what ends after that is not sent, so that our parent is not flooded with answers it cannot store yet. */
const MAX_CHUNK_BODIES = 8 * 1024 * 1024;
/** Sources that are compiled between two reports. */
const REPORT_EVERY = 256;

type Cached = { loaded: LoadedConfig | { problem: string }; size: number };

// In order of use, the latest last.
const cache = new Map<string, Cached>();

function say(reply: ChildReply): void {
  process.send!(reply);
}

/** The version's compiled config, or undefined when its text must be sent (again). */
function configOf(request: RunRequest): LoadedConfig | { problem: string } | undefined {
  const cached = cache.get(request.version);
  if (cached) {
    cache.delete(request.version);
    cache.set(request.version, cached);
    return cached.loaded;
  }
  if (request.config === undefined) return undefined;
  const loaded = load(request.config);
  cache.set(request.version, { loaded, size: request.config.length });
  let total = 0;
  for (const one of cache.values()) total += one.size;
  for (const [version, one] of cache) {
    if (total <= CACHE_LIMIT || version === request.version) break;
    cache.delete(version);
    total -= one.size;
  }
  return loaded;
}

function load(config: string): LoadedConfig | { problem: string } {
  try {
    return loadConfig(config);
  } catch (thrown) {
    return { problem: (thrown as Error).message.split("\n", 1)[0]! };
  }
}

async function run(request: RunRequest): Promise<void> {
  const config = configOf(request);
  if (!config) return say({ kind: "needs-config", chunk: request.chunk });
  const { chunk, payloads } = request;
  let results: [number, RunResult | null][] = [];
  let bodies = 0;
  const flush = () => {
    if (results.length === 0) return;
    say({ kind: "results", chunk, results, done: false });
    results = [];
  };
  const timer = setInterval(flush, FLUSH_MS);
  const evaluate = async (index: number) => {
    const result =
      "problem" in config
        ? toResult(
            failed(runError("engine_error", `The engine's config cannot be loaded: ${config.problem}`)),
            Infinity,
          )
        : await evaluateRun(config, request.type, payloads[index]!, request.maxBodyBytes, tracingOf(request, index));
    results.push([index, bodies < MAX_CHUNK_BODIES ? result : null]);
    bodies += result.body.length + (result.trace?.length ?? 0);
  };
  await Promise.all(payloads.map((_, index) => evaluate(index)));
  clearInterval(timer);
  say({ kind: "results", chunk, results, done: true });
}

function tracingOf({ tracing }: RunRequest, index: number): Tracing | undefined {
  return tracing && index < tracing.runs ? tracing.how : undefined;
}

async function check({ check, sources, from, careful, config }: CheckRequest): Promise<void> {
  let problems: [number, string][] = [];
  const report = (upTo: number) => {
    say({ kind: "checked", check, upTo, problems });
    problems = [];
  };
  for (let index = from; index < sources.length; index += 1) {
    const problem = await checkSource(sources[index]!);
    if (problem !== undefined) problems.push([index, problem]);
    if (careful || (index - from) % REPORT_EVERY === 0) report(index + 1);
  }
  report(sources.length);
  say({ kind: "checked-whole", check, problem: checkWhole(config) });
}

process.on("message", (request: ChildRequest) => {
  void (request.kind === "run" ? run(request) : check(request));
});
// The parent is gone, or wants us gone. Not process.exit(): exit handlers would wait for threads that loop.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Interrupting the program in a terminal reaches us too; the parent decides when we end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});

// Where the parent cannot read our memory from /proc, we watch ourselves; zen's threads leave our loop free to do so.
if (process.platform !== "linux") {
  const limit = Number(process.argv[2]);
  setInterval(() => {
    if (process.memoryUsage.rss() <= limit) return;
    process.stderr.write("out of memory: above the limit", () => process.kill(process.pid, "SIGKILL"));
  }, 25).unref();
}

say({ kind: "ready" });
