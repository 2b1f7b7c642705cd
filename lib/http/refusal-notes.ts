/**
 * Which code a request was refused with, by its id, for the access log of the server around us: a route inside Next can hand it on in no
 * other way that callers would not see too.
 */
import type { ErrorCode } from "../errors.ts";

/** Notes of requests whose sender went away first are never taken; more than this many are not kept. */
const MAX_NOTES = 1_000;

const KEY = Symbol.for("nexio.refusal-notes");
// Two module instances (the server's bundle and Next's) share them.
const slot = globalThis as { [KEY]?: Map<string, ErrorCode> };

/** From now on notes are kept. Without it they are not: nobody would take them. */
export function keepRefusalNotes(): void {
  slot[KEY] ??= new Map();
}

/** Notes what a request was refused with. */
export function noteRefusal(requestId: string, code: ErrorCode): void {
  const notes = slot[KEY];
  if (!notes) return;
  if (notes.size >= MAX_NOTES) notes.delete(notes.keys().next().value!);
  notes.set(requestId, code);
}

/** Takes the note of a request, where there is one. */
export function takeRefusal(requestId: string): ErrorCode | undefined {
  const code = slot[KEY]?.get(requestId);
  slot[KEY]?.delete(requestId);
  return code;
}
