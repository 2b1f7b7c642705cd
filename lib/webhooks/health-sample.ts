/** Deliveries of one hour that the health of an endpoint is told from: the newest. */
export const HEALTH_SAMPLE = 200;
