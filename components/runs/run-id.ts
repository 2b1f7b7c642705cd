/** The shape of a run id, for search boxes: what has it can be looked up, what has not is not worth asking for. */
export const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `0197…a3f2`: enough of an id to tell rows apart. The first digits are the time, the last ones random. */
export function shortId(id: string): string {
  return `${id.slice(0, 4)}…${id.slice(-4)}`;
}
