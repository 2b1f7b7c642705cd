/** API keys on the wire. The portal says `keyPrefix` and the public API `key_prefix`: each as its published contract has it. */
import { z } from "zod";
import { KEY_SCOPES } from "../auth/permissions.ts";
import { pageOf, pageQuery } from "../page.ts";
import { oneLine } from "../plain-text.ts";
import { timeInput } from "../time-input.ts";
import { ROTATION_GRACES } from "./rotation.ts";
import { KEY_STATUSES } from "./status.ts";

export const KeyNameSchema = oneLine(80).meta({ example: "Dev integration" });

const scopes = z
  .array(z.enum(KEY_SCOPES))
  .min(1, "must name at least one scope")
  .transform((names) => [...new Set(names)]);

const newKey = {
  name: KeyNameSchema,
  scopes: scopes.optional().meta({ description: "What the key may do; without it everything that may be given" }),
  expires_at: timeInput.nullable().optional().meta({ description: "When it stops working; without it never" }),
};

/** POST /api/api-keys. Without `environment_slug` the key is live's. */
export const CreateApiKeySchema = z.strictObject({ ...newKey, environment_slug: z.string().optional() });

/** POST /api/v1/environments/{slug}/keys. */
export const CreateEnvironmentKeySchema = z.strictObject(newKey).meta({ id: "CreateEnvironmentKey" });

export const RotateApiKeySchema = z.strictObject({ grace: z.enum(ROTATION_GRACES) });

/** The answer that carries a whole key in the portal. There is no other. */
export const MintedKeySchema = z.strictObject({ id: z.uuid(), keyPrefix: z.string(), key: z.string() });

/** The answer that carries a whole key in the public API. */
export const MintedEnvironmentKeySchema = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    environment: z.string(),
    key_prefix: z.string(),
    key: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "MintedEnvironmentKey" });

export const ApiKeySchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  environment: z.string(),
  environment_kind: z.enum(["live", "environment", "test"]),
  keyPrefix: z.string(),
  scopes: z.array(z.string()),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  /** At most 60 seconds late. */
  last_used_at: z.iso.datetime().nullable(),
  expires_at: z.iso.datetime().nullable(),
  status: z.enum(KEY_STATUSES),
  /** The key that replaced this one by rotation; such a key cannot be rotated again. */
  rotated_to_id: z.uuid().nullable(),
});

/** What the path names; anything that is not one is looked up and not found. */
export const ApiKeyParamsSchema = z.strictObject({ id: z.string() });
export const ListApiKeysQuerySchema = z.strictObject({ ...pageQuery });
export const ApiKeyPageSchema = pageOf(ApiKeySchema);

export type CreateApiKey = z.output<typeof CreateApiKeySchema>;
export type CreateEnvironmentKey = z.output<typeof CreateEnvironmentKeySchema>;
export type RotateApiKey = z.output<typeof RotateApiKeySchema>;
export type MintedKey = z.infer<typeof MintedKeySchema>;
export type MintedEnvironmentKey = z.infer<typeof MintedEnvironmentKeySchema>;
export type ApiKeyDto = z.infer<typeof ApiKeySchema>;
export type ApiKeyPage = z.infer<typeof ApiKeyPageSchema>;
