/** The signing secrets of `http` engines. */
import { signingSecrets } from "../outbound/signing-secrets.ts";

export const { addSecret, replaceSecret, validSecrets } = signingSecrets({
  table: "engine_secret",
  receiver: "engine_id",
  receivers: "engine",
});
