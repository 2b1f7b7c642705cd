/** The statuses as filters offer them: in the order in which a run passes through them. */
import type { RunStatusName } from "@/lib/runs/schema";
import { TRANSITIONS } from "@/lib/runs/transitions";

export const RUN_STATUSES = Object.keys(TRANSITIONS) as RunStatusName[];
