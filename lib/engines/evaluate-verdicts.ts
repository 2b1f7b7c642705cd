/** Results of runs that ended their evaluator child, or outlived their time in it. */
import type { ChildExit } from "./evaluate-process.ts";
import type { RunResult } from "./evaluate-protocol.ts";
import { failed, toResult } from "./evaluate-result.ts";
import { runError, type RunError } from "./run-errors.ts";

/** The run outlived `timeoutMs`, which is the engine's timeout unless `whose` says otherwise. */
export function timedOut(timeoutMs: number, whose: string = "its engine's timeout"): RunResult {
  const limit = timeoutMs >= 1_000 ? `${timeoutMs / 1_000} s` : `${timeoutMs} ms`;
  return of(runError("engine_timeout", `The run took longer than ${whose} of ${limit}`));
}

export function outOfMemory(): RunResult {
  return of(runError("engine_memory"));
}

/** The run alone ended its child. Says what is known to do so; never what the child wrote, which holds paths of the host. */
export function crashed({ signal, code, stderr }: ChildExit): RunResult {
  // zen's conversion of results gives up on numbers that neither 64-bit integers nor doubles hold.
  if (stderr.includes("js_values/serde.rs")) {
    return of(runError("engine_crashed", "The graph calculated a number with more digits than can be represented"));
  }
  const how = signal ?? `exit code ${code}`;
  return of(runError("engine_crashed", `The process that evaluated the run ended unexpectedly (${how})`));
}

function of(error: RunError): RunResult {
  return toResult(failed(error), Infinity);
}
