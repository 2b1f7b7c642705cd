-- Tables as prisma/schema.prisma describes them; what Prisma cannot say is written by hand and has its reason beside it.

CREATE TYPE "environment_kind" AS ENUM ('live', 'environment', 'test');
CREATE TYPE "engine_type" AS ENUM ('placement', 'entity_analysis', 'http');
CREATE TYPE "run_status" AS ENUM ('PENDING', 'RUNNING', 'COMPLETED', 'DEGRADED', 'FAILED', 'CANCELED');
CREATE TYPE "run_source" AS ENUM ('api', 'portal', 'replay', 'chat', 'dialect');
CREATE TYPE "run_payload_kind" AS ENUM ('input', 'output');

CREATE TABLE "organization" (
  "id" UUID NOT NULL,
  "workos_organization_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "environment_limit" INTEGER NOT NULL DEFAULT 5,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" TIMESTAMPTZ(3),
  CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "organization_workos_organization_id_key" ON "organization"("workos_organization_id");

CREATE TABLE "environment" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "slug" TEXT NOT NULL,
  "kind" "environment_kind" NOT NULL DEFAULT 'environment',
  "pinned_engine_version" TEXT,
  "engine_pins" JSONB NOT NULL DEFAULT '{}',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" TIMESTAMPTZ(3),
  CONSTRAINT "environment_pkey" PRIMARY KEY ("org_id", "id"),
  CONSTRAINT "environment_slug_shape" CHECK ("slug" ~ '^[a-z0-9_]{1,16}$'),
  -- live is never deleted, and only live is called live
  CONSTRAINT "environment_live" CHECK (("kind" = 'live') = ("slug" = 'live') AND ("kind" <> 'live' OR "deleted_at" IS NULL)),
  CONSTRAINT "environment_test" CHECK (("kind" = 'test') = ("slug" = 'test'))
);
-- Deleted rows count here too: a slug is never used again. It also makes live and test exist at most once.
CREATE UNIQUE INDEX "environment_org_id_slug_key" ON "environment"("org_id", "slug");

CREATE TABLE "api_key" (
  "id" UUID NOT NULL,
  "org_id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "hash" BYTEA NOT NULL,
  "prefix" TEXT NOT NULL,
  "scopes" TEXT[],
  "created_by_id" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  "rotated_to_id" UUID,
  CONSTRAINT "api_key_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "api_key_hash_is_sha256" CHECK (octet_length("hash") = 32)
);
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");
CREATE INDEX "api_key_org_id_environment_id_id_idx" ON "api_key"("org_id", "environment_id", "id");

CREATE TABLE "api_key_use" (
  "key_id" UUID NOT NULL,
  "org_id" UUID NOT NULL,
  "last_used_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "api_key_use_pkey" PRIMARY KEY ("key_id")
);

CREATE TABLE "engine" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "slug" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "description" TEXT NOT NULL DEFAULT '',
  "type" "engine_type" NOT NULL,
  "timeout_ms" INTEGER NOT NULL DEFAULT 30000,
  "draft_config" JSONB,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "engine_pkey" PRIMARY KEY ("org_id", "id"),
  CONSTRAINT "engine_timeout_ms_range" CHECK ("timeout_ms" BETWEEN 1 AND 600000)
);
CREATE UNIQUE INDEX "engine_org_id_slug_key" ON "engine"("org_id", "slug");

CREATE TABLE "engine_version" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "major" INTEGER NOT NULL,
  "minor" INTEGER NOT NULL,
  "config" JSONB NOT NULL,
  "changelog" TEXT NOT NULL DEFAULT '',
  "published_by_id" TEXT NOT NULL,
  "published_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "engine_version_pkey" PRIMARY KEY ("org_id", "id")
);
CREATE UNIQUE INDEX "engine_version_org_id_engine_id_major_minor_key" ON "engine_version"("org_id", "engine_id", "major", "minor");

CREATE TABLE "engine_version_head" (
  "org_id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "spec" TEXT NOT NULL,
  "version_id" UUID NOT NULL,
  CONSTRAINT "engine_version_head_pkey" PRIMARY KEY ("org_id", "engine_id", "spec")
);

CREATE TABLE "run" (
  "org_id" UUID NOT NULL,
  "id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "engine_version_id" UUID NOT NULL,
  "key_id" UUID,
  "source" "run_source" NOT NULL DEFAULT 'api',
  "status" "run_status" NOT NULL DEFAULT 'PENDING',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "started_at" TIMESTAMPTZ(3),
  "completed_at" TIMESTAMPTZ(3),
  "lease_id" UUID,
  "lease_expires_at" TIMESTAMPTZ(3),
  "takeovers" SMALLINT NOT NULL DEFAULT 0,
  "error_code" TEXT,
  "degradation_reason" TEXT,
  "summary" TEXT,
  CONSTRAINT "run_pkey" PRIMARY KEY ("org_id", "id")
) PARTITION BY RANGE ("id");
-- The list of one environment, newest first. The list of all environments reads the primary key.
CREATE INDEX "run_org_id_environment_id_id_idx" ON "run"("org_id", "environment_id", "id");
-- The list of one engine's runs, which may be few among very many.
CREATE INDEX "run_org_id_environment_id_engine_id_id_idx" ON "run"("org_id", "environment_id", "engine_id", "id");
-- What a claim reads, oldest first. It sorts by created_at, which no other index does: a planner with old statistics (or none)
-- would otherwise choose the index of the list, and read through every run that has ended to find one that waits.
CREATE INDEX "run_pending_idx" ON "run"("org_id", "environment_id", "created_at", "id") WHERE "status" = 'PENDING';
-- Lists of the statuses that are rare where all is well; the common course of a run never touches it.
CREATE INDEX "run_exceptional_idx" ON "run"("org_id", "environment_id", "status", "id") WHERE "status" IN ('FAILED', 'DEGRADED', 'CANCELED');
-- What the sweep reads.
CREATE INDEX "run_lease_idx" ON "run"("lease_expires_at") WHERE "status" = 'RUNNING';

CREATE TABLE "run_payload" (
  "org_id" UUID NOT NULL,
  "run_id" UUID NOT NULL,
  "kind" "run_payload_kind" NOT NULL,
  "body" TEXT NOT NULL,
  CONSTRAINT "run_payload_pkey" PRIMARY KEY ("org_id", "run_id", "kind")
) PARTITION BY RANGE ("run_id");

CREATE TABLE "idempotency_key" (
  "org_id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "key" TEXT NOT NULL,
  "request_hash" BYTEA NOT NULL,
  "run_id" UUID NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("org_id", "environment_id", "key")
);
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

CREATE TABLE "ready_environment" (
  "org_id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "is_live" BOOLEAN NOT NULL,
  CONSTRAINT "ready_environment_pkey" PRIMARY KEY ("org_id", "environment_id")
);

CREATE TABLE "usage_delta" (
  "org_id" UUID NOT NULL,
  "id" BIGSERIAL NOT NULL,
  "environment_id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "key_id" UUID NOT NULL,
  "source" "run_source" NOT NULL,
  "day" DATE NOT NULL,
  "runs" INTEGER NOT NULL,
  CONSTRAINT "usage_delta_pkey" PRIMARY KEY ("org_id", "id")
);

CREATE TABLE "usage_day" (
  "org_id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "engine_id" UUID NOT NULL,
  "key_id" UUID NOT NULL,
  "source" "run_source" NOT NULL,
  "day" DATE NOT NULL,
  "runs" BIGINT NOT NULL,
  CONSTRAINT "usage_day_pkey" PRIMARY KEY ("org_id", "day", "environment_id", "engine_id", "key_id", "source")
);

CREATE TABLE "worker_heartbeat" (
  "worker_id" UUID NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "beat_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "worker_heartbeat_pkey" PRIMARY KEY ("worker_id")
);

CREATE TABLE "audit_chain" (
  "org_id" UUID NOT NULL,
  "last_seq" BIGINT NOT NULL,
  "last_hash" BYTEA NOT NULL,
  CONSTRAINT "audit_chain_pkey" PRIMARY KEY ("org_id")
);

CREATE TABLE "audit_event" (
  "org_id" UUID NOT NULL,
  "seq" BIGINT NOT NULL,
  "id" UUID NOT NULL,
  "hash" BYTEA NOT NULL,
  "body_hash" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "salt" BYTEA,
  "body" TEXT,
  CONSTRAINT "audit_event_pkey" PRIMARY KEY ("org_id", "seq")
);

-- Partitions stand in a schema of their own, so that a comparison with schema.prisma does not see them.
CREATE SCHEMA "nexio_partitions";
-- The DEFAULT partitions are always there: a run is accepted even if nobody made its month.
CREATE TABLE "nexio_partitions"."run_default" PARTITION OF "run" DEFAULT WITH (fillfactor = 80);
CREATE TABLE "nexio_partitions"."run_payload_default" PARTITION OF "run_payload" DEFAULT;

-- The smallest UUIDv7 of an instant: its first 48 bits are milliseconds since 1970 (RFC 9562, section 5.7).
CREATE FUNCTION "nexio_partitions"."uuid7_floor"("at" TIMESTAMPTZ) RETURNS UUID LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM "at") * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the monthly partitions of this month and the next `months_ahead`. A month whose rows already stand in DEFAULT is left there.
-- fillfactor 80 leaves room beside a run for the two updates of its life.
CREATE FUNCTION "nexio_partitions"."ensure_months"("months_ahead" INTEGER) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  -- without zone, and meant as UTC, so that the session's time zone changes nothing
  month TIMESTAMP;
  bounds TEXT;
  suffix TEXT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('nexio_partitions.ensure_months'));
  FOR step IN 0..months_ahead LOOP
    month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step);
    suffix := to_char(month, 'YYYY_MM');
    bounds := format('FROM (%L) TO (%L)', nexio_partitions.uuid7_floor(month AT TIME ZONE 'UTC'),
      nexio_partitions.uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC'));
    BEGIN
      IF to_regclass('nexio_partitions.run_' || suffix) IS NULL THEN
        EXECUTE format('CREATE TABLE nexio_partitions.run_%s PARTITION OF run FOR VALUES %s WITH (fillfactor = 80)', suffix, bounds);
      END IF;
      IF to_regclass('nexio_partitions.run_payload_' || suffix) IS NULL THEN
        EXECUTE format('CREATE TABLE nexio_partitions.run_payload_%s PARTITION OF run_payload FOR VALUES %s', suffix, bounds);
      END IF;
    EXCEPTION WHEN check_violation THEN
      RAISE WARNING 'rows of % stand in the DEFAULT partition and stay there', suffix;
    END;
  END LOOP;
END
$$;
SELECT "nexio_partitions"."ensure_months"(3);
