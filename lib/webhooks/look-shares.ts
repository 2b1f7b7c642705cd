/** How a look at the newest deliveries is shared out among endpoints, so that it reaches about as far back into each. Pure. */

/** Rows of one endpoint, the newest, that a look goes through. */
export type Look = { id: string; rows: number };

/** Of each endpoint the delivery of this number is looked up: by its age it is known how much the endpoint is sent. */
const SAMPLE = 20;

/** The first 48 bits of an id are milliseconds. */
const timeOfId = (id: string) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

/** Which delivery of each endpoint is looked up, and from when on backwards the list goes. */
export function sampleOf({
  beforeId,
  createdBeforeMs,
}: {
  beforeId?: string | undefined;
  createdBeforeMs?: number | undefined;
}): { offset: number; untilMs: number } {
  const untilMs = Math.min(
    Date.now(),
    createdBeforeMs ?? Number.POSITIVE_INFINITY,
    beforeId === undefined ? Number.POSITIVE_INFINITY : timeOfId(beforeId),
  );
  return { offset: SAMPLE - 1, untilMs };
}

/**
 * Shares `total` rows out by how often endpoints have been sent something before `untilMs`. Each has a few in any case, so that every look gets on:
 * all that there are where it has not so many (`sampled` is null).
 */
export function shareLook(
  endpoints: readonly { id: string; sampled: Date | null }[],
  { untilMs, total }: { untilMs: number; total: number },
): Look[] {
  const rates = endpoints.map(({ sampled }) => (sampled === null ? 0 : 1 / Math.max(1, untilMs - sampled.getTime())));
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  return endpoints.map(({ id }, n) => ({
    id,
    rows: Math.max(SAMPLE, all === 0 ? 0 : Math.floor((total * rates[n]!) / all)),
  }));
}
