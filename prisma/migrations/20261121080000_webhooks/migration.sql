-- Webhooks: endpoints and their secrets; events, written by the statement that ends a run; one delivery an endpoint, with its attempts.

CREATE TYPE "webhook_disabled_reason" AS ENUM ('by_hand', 'gone', 'failing');
CREATE TYPE "webhook_delivery_status" AS ENUM ('PENDING', 'DELIVERED', 'FAILED', 'CANCELED');
CREATE TYPE "webhook_attempt_trigger" AS ENUM ('schedule', 'resend', 'recover');

CREATE TABLE "webhook_endpoint" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "url" TEXT NOT NULL,
  "events" TEXT[] NOT NULL,
  "description" TEXT,
  -- What the customer's receiver wants as Authorization: Bearer; sealed.
  "auth_token" TEXT,
  "active" BOOLEAN NOT NULL DEFAULT true,
  "disabled_reason" "webhook_disabled_reason",
  "disabled_at" TIMESTAMPTZ(3),
  -- Since when every attempt has failed; null while the last one was answered with success, or none was made.
  "failing_since" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" TIMESTAMPTZ(3),
  CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("org_id", "id"),
  CONSTRAINT "webhook_endpoint_disabled_has_reason" CHECK ("active" = ("disabled_reason" IS NULL))
);
-- What the end of a run looks up.
CREATE INDEX "webhook_endpoint_org_id_environment_id_idx" ON "webhook_endpoint"("org_id", "environment_id", "id") WHERE "deleted_at" IS NULL;

CREATE TABLE "webhook_secret" (
  "org_id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "sealed" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3),
  CONSTRAINT "webhook_secret_pkey" PRIMARY KEY ("org_id", "endpoint_id", "id")
);
-- One secret is the current one.
CREATE UNIQUE INDEX "webhook_secret_current_key" ON "webhook_secret"("org_id", "endpoint_id") WHERE "expires_at" IS NULL;

-- Its body is what is sent, byte for byte, however often.
CREATE TABLE "webhook_event" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "run_id" UUID,
  "type" TEXT NOT NULL,
  "body" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "webhook_event_pkey" PRIMARY KEY ("org_id", "id")
) PARTITION BY RANGE ("id");
CREATE TABLE "nexio_partitions"."webhook_event_default" PARTITION OF "webhook_event" DEFAULT;

-- Its id begins with the time of its event's. The status stands in one partial index only, and the common course of a delivery is one update.
CREATE TABLE "webhook_delivery" (
  "org_id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "event_id" UUID NOT NULL,
  "event_type" TEXT NOT NULL,
  "run_id" UUID,
  "status" "webhook_delivery_status" NOT NULL DEFAULT 'PENDING',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Set exactly while an attempt is to come, also of one that is sent again after it had ended.
  "next_attempt_at" TIMESTAMPTZ(3),
  -- Why the next attempt is made.
  "trigger" "webhook_attempt_trigger" NOT NULL DEFAULT 'schedule',
  -- Attempts that were recorded; the next one's number is one more.
  "attempts" INTEGER NOT NULL DEFAULT 0,
  -- How many of the retry schedule's steps are used up.
  "step" SMALLINT NOT NULL DEFAULT 0,
  "last_attempt_at" TIMESTAMPTZ(3),
  "last_status_code" SMALLINT,
  -- A closed code: why the last attempt failed, or why none is made.
  "last_error" TEXT,
  CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("org_id", "endpoint_id", "id"),
  CONSTRAINT "webhook_delivery_pending_has_time" CHECK ("status" <> 'PENDING' OR "next_attempt_at" IS NOT NULL)
) PARTITION BY RANGE ("id");
CREATE TABLE "nexio_partitions"."webhook_delivery_default" PARTITION OF "webhook_delivery" DEFAULT WITH (fillfactor = 80);
-- What an endpoint has to send, the longest due first.
CREATE INDEX "webhook_delivery_due_idx" ON "webhook_delivery"("org_id", "endpoint_id", "next_attempt_at", "id") WHERE "next_attempt_at" IS NOT NULL;
-- Deliveries of one run, on its page.
CREATE INDEX "webhook_delivery_run_idx" ON "webhook_delivery"("org_id", "run_id") WHERE "run_id" IS NOT NULL;
-- Lists of what has failed, and recovery: few where all is well.
CREATE INDEX "webhook_delivery_failed_idx" ON "webhook_delivery"("org_id", "endpoint_id", "id") WHERE "status" = 'FAILED';

CREATE TABLE "webhook_attempt" (
  "org_id" UUID NOT NULL,
  "delivery_id" UUID NOT NULL,
  "number" INTEGER NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "trigger" "webhook_attempt_trigger" NOT NULL,
  "url" TEXT NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "duration_ms" INTEGER NOT NULL,
  "status_code" SMALLINT,
  -- A closed code where there was no answer that counts, and the same in words.
  "error" TEXT,
  "error_message" TEXT,
  -- JSON objects of strings, or lists of strings; without the receiver's token.
  "request_headers" TEXT NOT NULL,
  "response_headers" TEXT,
  -- The first 64 KiB, as they came.
  "response_body" BYTEA,
  "response_truncated" BOOLEAN NOT NULL DEFAULT false,
  CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY ("org_id", "delivery_id", "number")
) PARTITION BY RANGE ("delivery_id");
CREATE TABLE "nexio_partitions"."webhook_attempt_default" PARTITION OF "webhook_attempt" DEFAULT;

-- The first level of the queue: endpoints that have something to send, and which worker sends it. A worker owns an endpoint by its lease.
CREATE TABLE "webhook_queue" (
  "org_id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "due_at" TIMESTAMPTZ(3) NOT NULL,
  "lease_id" UUID,
  "lease_expires_at" TIMESTAMPTZ(3),
  CONSTRAINT "webhook_queue_pkey" PRIMARY KEY ("org_id", "endpoint_id")
) WITH (fillfactor = 50);
CREATE INDEX "webhook_queue_due_at_idx" ON "webhook_queue"("due_at");

-- Failed deliveries of an endpoint that are put back, chunk by chunk, from `position` on.
CREATE TABLE "webhook_recovery" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  "until" TIMESTAMPTZ(3) NOT NULL,
  "matched" INTEGER NOT NULL,
  "recovered" INTEGER NOT NULL DEFAULT 0,
  "position" UUID,
  "next_chunk_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "webhook_recovery_pkey" PRIMARY KEY ("org_id", "id")
);
-- One at a time for an endpoint.
CREATE UNIQUE INDEX "webhook_recovery_open_key" ON "webhook_recovery"("org_id", "endpoint_id") WHERE "ended_at" IS NULL;
CREATE INDEX "webhook_recovery_next_chunk_at_idx" ON "webhook_recovery"("next_chunk_at") WHERE "ended_at" IS NULL;

SELECT "nexio_partitions"."ensure_months"(3);
