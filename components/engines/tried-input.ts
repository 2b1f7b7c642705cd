/** What an engine is tried with, as JSON texts, so that numbers keep the digits that a person has typed. Pure. */
import { formatJson } from "@/components/json-editor/json-format";
import { topLevelMembers } from "@/lib/http/json-scan";

/** `offerings` is null where there are none. */
export type TriedInput = { input: string; offerings: string | null };

/** As saved inputs, and the inputs of runs, are on the wire. */
type WireInput = { input_json: string; offerings_json?: string | undefined };

export const fromWire = ({ input_json: input, offerings_json: offerings }: WireInput): TriedInput => ({
  input,
  offerings: offerings ?? null,
});

export const toWire = ({ input, offerings }: TriedInput) => ({
  input_json: input,
  ...(offerings === null ? {} : { offerings_json: offerings }),
});

const textOf = (value: unknown): string => JSON.stringify(value, null, 2);

/** Of values that a program has made. */
export function fromValues({ input, offerings }: { input: unknown; offerings?: unknown }): TriedInput {
  return { input: textOf(input ?? null), offerings: offerings === undefined ? null : textOf(offerings) };
}

/** Both as one request, `{input, offerings?}`, laid out for reading. Throws a SyntaxError for what is not JSON. */
export function toRequest({ input, offerings }: TriedInput): string {
  return formatJson(`{"input":${input}${offerings === null ? "" : `,"offerings":${offerings}`}}`);
}

/** The other way round. `request` is the JSON text of an object that has an input. */
export function fromRequest(request: string): TriedInput {
  const members = topLevelMembers(request);
  return { input: members.get("input")!, offerings: members.get("offerings") ?? null };
}
