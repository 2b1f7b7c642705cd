/** Messages between the program and its evaluator children (node IPC, structured clone: as quick as hand-made frames on pipes, measured). */
import type { Tracing } from "./evaluate-trace.ts";
import type { RunErrorCode } from "./run-errors.ts";

/** Engine types that hold a decision graph. */
export type RunEngineType = "placement" | "entity_analysis";

/** The end of a run as it is stored. `body` is the JSON text `{"output"?:…,"solutions"?:…,"error"?:{code,message,details?}}`. */
export type RunResult = {
  status: "COMPLETED" | "DEGRADED" | "FAILED";
  body: string;
  /** A few words for lists: `3 solutions`, `1 of 12 failed`, or the error's code. */
  summary: string;
  errorCode?: RunErrorCode;
  degradationReason?: string;
  /** The decision trace as it is stored (evaluate-trace.ts), where the run was traced and got as far as the graph. */
  trace?: string;
};

/** Evaluate `payloads` (each the stored input of a run) with one version. `config` is its JSON text, sent when the child has not got it. */
export type RunRequest = {
  kind: "run";
  chunk: number;
  version: string;
  type: RunEngineType;
  config: string | undefined;
  payloads: string[];
  maxBodyBytes: number;
  /** The first so many of the payloads are traced, and how. */
  tracing?: { runs: number; how: Tracing };
};

/** What of a graph is to be compiled, one after another: expressions, the sources of function nodes, JSON schemas that everything fits. */
export type CheckSource = { kind: "expression" | "unary" | "function" | "schema"; text: string };

/**
 * Compile the sources from index `from` on, without evaluating them, then load the whole `config`. `careful`: say so after each, so that the one
 * which ends the child is known.
 */
export type CheckRequest = {
  kind: "check";
  check: number;
  sources: CheckSource[];
  from: number;
  careful: boolean;
  config: string;
};

export type ChildRequest = RunRequest | CheckRequest;

export type ChildReply =
  /** Booted; requests sent before wait in the channel. */
  | { kind: "ready" }
  /** Some runs of a chunk have ended: [index in payloads, result]. `done` with the last of them. Null: the chunk's answers are too large together; again, with fewer. */
  | { kind: "results"; chunk: number; results: [number, RunResult | null][]; done: boolean }
  /** The config of this chunk's version is not here (any more); nothing was evaluated. */
  | { kind: "needs-config"; chunk: number }
  /** The sources before `upTo` were compiled; what is wrong with some of them: [index, words]. */
  | { kind: "checked"; check: number; upTo: number; problems: [number, string][] }
  /** All sources were compiled and the whole was loaded; what is wrong with that. */
  | { kind: "checked-whole"; check: number; problem: string | undefined };
