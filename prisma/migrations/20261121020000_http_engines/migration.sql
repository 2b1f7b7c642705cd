-- Engines of type http: the secrets that sign their calls, and the callbacks that finish their runs.

CREATE TABLE "engine_secret" (
  "org_id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "sealed" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3),
  CONSTRAINT "engine_secret_pkey" PRIMARY KEY ("org_id", "engine_id", "id")
);
-- One secret is the current one.
CREATE UNIQUE INDEX "engine_secret_current_key" ON "engine_secret"("org_id", "engine_id") WHERE "expires_at" IS NULL;

CREATE TABLE "run_callback" (
  "org_id" UUID NOT NULL,
  "run_id" UUID NOT NULL,
  "lease_id" UUID NOT NULL,
  "token_hash" BYTEA NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "waiting" BOOLEAN NOT NULL DEFAULT false,
  CONSTRAINT "run_callback_pkey" PRIMARY KEY ("org_id", "run_id", "lease_id"),
  CONSTRAINT "run_callback_token_hash_is_sha256" CHECK (octet_length("token_hash") = 32)
);
-- A callback names its run and proves itself by its token; whose it is, is found out here.
CREATE INDEX "run_callback_run_id_idx" ON "run_callback"("run_id");
-- What is removed some time after its end.
CREATE INDEX "run_callback_expires_at_idx" ON "run_callback"("expires_at");
-- What the sweep reads: few, and all of them wait.
CREATE INDEX "run_callback_waiting_idx" ON "run_callback"("expires_at") WHERE "waiting";
