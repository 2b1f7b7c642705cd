/**
 * `npm run bench`: starts the program, measures it beside its floors in the same run, prints a table and says whether every target is met.
 *
 *     npm run bench -- --only accept,read --seconds 8 --rounds 3 --minutes 5
 */
import { parseArgs } from "node:util";
import { startBenchStack } from "./bench-stack.ts";
import { deliveries } from "./deliveries.ts";
import { findFloor } from "./floor.ts";
import { idleRuns, listPages } from "./latency.ts";
import { memory } from "./memory.ts";
import { offerings } from "./offerings.ts";
import { type Finding, table } from "./report.ts";
import { acceptance, execution, reading } from "./throughput.ts";

const PARTS = ["memory", "accept", "execute", "offerings", "read", "idle", "list", "deliveries"] as const;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: PARTS.join(",") },
    seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    minutes: { type: "string", default: "5" },
  },
});
const wanted = new Set(values.only.split(","));
const unknown = [...wanted].find((part) => !(PARTS as readonly string[]).includes(part));
if (unknown !== undefined) throw new Error(`there is no part ${unknown}; there are ${PARTS.join(", ")}`);

const say = (line: string) => console.log(line);
const options = { seconds: Number(values.seconds), rounds: Number(values.rounds), say };
const floor = findFloor();
say(`Floor: ${floor.name}`);

const stack = await startBenchStack();
const findings: Finding[] = [];
try {
  // Memory first: what a stack takes that has done nothing else.
  if (wanted.has("memory")) findings.push(...(await memory(stack, Number(values.minutes), say)));
  if (wanted.has("idle")) findings.push(...(await idleRuns(stack, say)));
  if (wanted.has("accept") || wanted.has("execute")) {
    const accepted = await acceptance(stack, floor, options);
    findings.push(...accepted.findings);
    if (wanted.has("execute")) findings.push(...(await execution(stack, accepted.floor, options)));
  }
  if (wanted.has("offerings")) findings.push(...(await offerings(stack, options)));
  if (wanted.has("read")) findings.push(...(await reading(stack, options)));
  if (wanted.has("list")) findings.push(...(await listPages(stack, say)));
  if (wanted.has("deliveries")) findings.push(...(await deliveries(stack, options)));
} finally {
  await stack.stop();
}
say(`\n${table(findings)}`);
process.exitCode = findings.every(({ met }) => met) ? 0 : 1;
