/**
 * The floor of execution: zen-engine alone, in a process of its own that does nothing else, evaluating the same graph on the same contexts, a hundred
 * at a time, with the result written as JSON. Once as it is, once with its trace as text. At the niceness of the worker, because the machine may have
 * other work.
 *
 * Gets a BareJob as its first IPC message and answers with a BareReport.
 */
import { setPriority } from "node:os";
import { ZenDecisionContent, ZenEngine } from "@gorules/zen-engine";
import { env } from "../../lib/env.ts";
import { exampleEngines, exampleRequests } from "../../lib/engines/examples/engines.ts";

export type BareJob = { slug: string; offerings: number; seconds: number };
export type BareMeasure = { perSecond: number; cpuUs: number };
/** `traceChars` of one evaluation. */
export type BareReport = { plain: BareMeasure; traced: BareMeasure; traceChars: number };

const AT_ONCE = 100;
const LONGEST_WARM_UP_MS = 500;

type Request = { input: object; offerings?: object[] };
type Config = { nodes: object[]; edges: object[]; offerings?: object[] };

/** The contexts of one run: its input, or its input beside each of its offerings. */
function contextsOf(slug: string, config: Config, offerings: number): object[] {
  const request = exampleRequests.get(slug) as Request;
  const all = config.offerings ?? [];
  if (all.length === 0) return [request.input];
  return Array.from({ length: offerings }, (_, n) => ({ input: request.input, offering: all[n % all.length] }));
}

process.once("message", (job: BareJob) => {
  setPriority(env.NEXIO_WORKER_NICE);
  void (async () => {
    const { nodes, edges, offerings } = exampleEngines.find(({ slug }) => slug === job.slug)!.config as Config;
    const decision = new ZenEngine().createDecision(new ZenDecisionContent({ nodes, edges }));
    const contexts = contextsOf(job.slug, { nodes, edges, ...(offerings ? { offerings } : {}) }, job.offerings);
    let traceChars = 0;

    async function measure(ms: number, trace: false | "string"): Promise<BareMeasure> {
      const [startedAt, usedAt] = [performance.now(), process.cpuUsage()];
      let count = 0;
      while (performance.now() - startedAt < ms) {
        const some = Array.from({ length: AT_ONCE }, (_, n) => contexts[(count + n) % contexts.length]);
        const answers = await Promise.all(some.map((context) => decision.evaluate(context, { trace })));
        for (const answer of answers) JSON.stringify(answer.result);
        if (trace) traceChars = String(answers[0]!.trace).length;
        count += AT_ONCE;
      }
      const { user, system } = process.cpuUsage(usedAt);
      return { perSecond: count / ((performance.now() - startedAt) / 1_000), cpuUs: (user + system) / count };
    }

    await measure(LONGEST_WARM_UP_MS, false);
    const plain = await measure(job.seconds * 1_000, false);
    await measure(LONGEST_WARM_UP_MS, "string");
    const traced = await measure(job.seconds * 500, "string");
    process.send?.({ plain, traced, traceChars } satisfies BareReport);
    process.disconnect();
  })();
});
