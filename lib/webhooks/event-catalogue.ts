/** The catalogue of events: what each type says, with a body as it is posted. */
import { RUN_ERROR } from "../engines/run-errors.ts";
import { DEFAULT_EVENT_TYPES, EVENT_TYPES, type EventType, PING, toEventId, WEBHOOK_VERSION } from "./event-types.ts";
import type { CatalogueEntry, EventCataloguePage } from "./schema.ts";

const EVENT_ID = toEventId("01980c5e-7a10-7b5e-8f0a-3c9d2e6f1a4b");
const ENDED_AT = "2026-11-21T10:45:00.480Z";

const RUN = {
  run_id: "01980c5e-7820-7c31-9a52-6b0e4d8f7c15",
  environment: "dev",
  environment_id: "0197f3a2-51c0-7d84-b1e6-2f9a8c7d6e50",
  engine: "loan-placement",
  engine_version: "1.3",
  created_at: "2026-11-21T10:45:00.120Z",
};
const STARTED = { started_at: "2026-11-21T10:45:00.130Z", completed_at: ENDED_AT, duration_ms: 350 };

const RUNS: Record<Exclude<EventType, typeof PING>, Record<string, unknown>> = {
  "run.completed": {
    ...RUN,
    status: "COMPLETED",
    ...STARTED,
    output: { eligible: 2 },
    solutions: [{ offering: "term-loan", score: 0.87 }],
  },
  "run.failed": {
    ...RUN,
    status: "FAILED",
    ...STARTED,
    error: { code: "engine_timeout", message: RUN_ERROR.engine_timeout },
  },
  "run.canceled": { ...RUN, status: "CANCELED", completed_at: ENDED_AT },
};

const DESCRIPTIONS: Record<EventType, string> = {
  "run.completed":
    "A run has ended with an output: its status is COMPLETED, or DEGRADED where some of it could not be evaluated.",
  "run.failed": "A run has ended without an output; its error says why.",
  "run.canceled": "A run was canceled before it had ended.",
  [PING]: "Sent when somebody asks for it, to the webhook that it is asked of.",
};

function exampleOf(type: EventType): Record<string, unknown> {
  const data = type === PING ? { endpoint_id: "0197f3b0-0c4e-7a19-8d3b-5e7f9a1c2d4e" } : { run: RUNS[type] };
  return {
    id: EVENT_ID,
    type,
    webhook_version: WEBHOOK_VERSION,
    environment: "dev",
    created_at: ENDED_AT,
    data,
  };
}

const CATALOGUE: readonly CatalogueEntry[] = EVENT_TYPES.map((type) => ({
  type,
  description: DESCRIPTIONS[type],
  default: (DEFAULT_EVENT_TYPES as readonly EventType[]).includes(type),
  example: exampleOf(type),
}));

/** Every type of event, on one page. */
export function eventCatalogue(): EventCataloguePage {
  return { data: [...CATALOGUE], next_cursor: null };
}
