/** Deliveries of one hour that the health of an endpoint is told from: the newest that were attempted, and as many that were not. */
export const HEALTH_SAMPLE = 200;
