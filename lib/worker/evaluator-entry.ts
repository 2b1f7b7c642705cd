/** An item inside the pool. */
import type { EvaluationItem, EvaluationOutcome } from "./evaluator-types.ts";

/**
 * How far an item has come.
 * - `shared`: not tried, or tried among others.
 * - `leash`: something in its chunk misbehaved; it is tried alone, for a short time, to tell the innocent from the guilty.
 * - `alone`: it did not end on the leash; it gets a child for its whole timeout.
 */
export type Step = "shared" | "leash" | "alone";

export type Entry = {
  readonly item: EvaluationItem;
  /** Text of the version's config. */
  readonly config: string;
  step: Step;
  /** It ended a child that had evaluated others before; only a child of its own tells whether it is to blame. */
  needsNewChild: boolean;
  /** It is, or was last, evaluated with a trace. */
  traced: boolean;
  /** It was open in a child that died, perhaps of its trace: it is not traced again, so that what tracing costs decides about no run. */
  untraceable: boolean;
  /** Since when it waits to be tried apart, in the pool's clock. */
  waitingSince: number;
  /** Reports how it ended. Must be called exactly once. */
  readonly settle: (outcome: EvaluationOutcome) => void;
};
