CREATE TYPE "bulk_operation_kind" AS ENUM ('cancel');
CREATE TYPE "bulk_operation_status" AS ENUM ('queued', 'running', 'completed', 'stopped', 'failed');

CREATE TABLE "bulk_operation" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "kind" "bulk_operation_kind" NOT NULL,
  "status" "bulk_operation_status" NOT NULL DEFAULT 'queued',
  "filter" JSONB NOT NULL,
  "position" JSONB,
  "matched" INTEGER,
  "succeeded" INTEGER NOT NULL DEFAULT 0,
  "skipped" INTEGER NOT NULL DEFAULT 0,
  "failures" SMALLINT NOT NULL DEFAULT 0,
  "created_by_id" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "started_at" TIMESTAMPTZ(3),
  "ended_at" TIMESTAMPTZ(3),
  "next_chunk_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "bulk_operation_pkey" PRIMARY KEY ("org_id", "id")
);
CREATE INDEX "bulk_operation_org_id_environment_id_id_idx" ON "bulk_operation"("org_id", "environment_id", "id");
-- What workers look for, every second.
CREATE INDEX "bulk_operation_open_idx" ON "bulk_operation"("next_chunk_at") WHERE "status" IN ('queued', 'running');

CREATE TABLE "saved_input" (
  "org_id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "body" TEXT NOT NULL,
  "created_by_id" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "saved_input_pkey" PRIMARY KEY ("org_id", "id")
);
CREATE UNIQUE INDEX "saved_input_org_id_engine_id_name_key" ON "saved_input"("org_id", "engine_id", "name");
