/** A run that is composed in the portal: as the public API takes it, with the engine beside it instead of in the path. */
import { z } from "zod";
import { bodyText } from "../http/json-input.ts";
import { topLevelMembers } from "../http/json-scan.ts";
import { SubmitRunSchema } from "./schema.ts";

export const ComposeRunSchema = z.strictObject({ engine: z.string(), ...SubmitRunSchema.shape });

/**
 * The body that the public API would be sent: every member but `engine`, each as it was sent, because numbers keep their digits that way.
 * `raw` has been parsed by ComposeRunSchema.
 */
export function submittedBody(raw: Uint8Array): Buffer {
  const members = topLevelMembers(bodyText(raw));
  members.delete("engine");
  return Buffer.from(`{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`);
}
