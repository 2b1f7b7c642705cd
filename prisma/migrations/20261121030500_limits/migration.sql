-- Limits are off where they are null.
ALTER TABLE "organization"
  ADD COLUMN "runs_per_minute" INTEGER,
  ADD COLUMN "concurrency_ceiling" INTEGER,
  ADD CONSTRAINT "organization_limits_range" CHECK ("runs_per_minute" >= 1 AND "concurrency_ceiling" >= 1);
ALTER TABLE "environment"
  ADD COLUMN "concurrency_limit" INTEGER,
  ADD COLUMN "concurrency_ceiling" INTEGER,
  ADD CONSTRAINT "environment_limits_range" CHECK ("concurrency_limit" >= 1 AND "concurrency_ceiling" >= 1);

-- Beside organization, which every acceptance reads: the row is locked and changed by each batch of an organization that has a limit.
CREATE TABLE "run_rate_window" (
  "org_id" UUID NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "accepted" INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT "run_rate_window_pkey" PRIMARY KEY ("org_id")
) WITH (fillfactor = 20);

-- What runs now, by environment: counted where an environment has a limit. The sweep reads it as it read the index by lease, which it replaces:
-- it holds only what runs at the moment.
CREATE INDEX "run_running_idx" ON "run"("environment_id", "lease_expires_at") WHERE "status" = 'RUNNING';
DROP INDEX "run_lease_idx";
