-- Tags are given at acceptance and never change. They stand twice: on the run, for whoever looks at it, and in a table of their own, by
-- which runs of a tag are found newest first. Rows of run_tag are written for runs that have tags, and for no others.
ALTER TABLE "run" ADD COLUMN "tags" TEXT[];

CREATE TABLE "run_tag" (
  "org_id" UUID NOT NULL,
  "environment_id" UUID NOT NULL,
  "tag" TEXT NOT NULL,
  "run_id" UUID NOT NULL,
  -- also what lists read, backwards
  CONSTRAINT "run_tag_pkey" PRIMARY KEY ("org_id", "environment_id", "tag", "run_id")
) PARTITION BY RANGE ("run_id");
CREATE TABLE "nexio_partitions"."run_tag_default" PARTITION OF "run_tag" DEFAULT;

-- As before, for every table that is partitioned by UUIDv7: a later one need not be named here. A partition is stored as the table's
-- DEFAULT partition is (run: fillfactor 80, which leaves room for the updates of its life).
CREATE OR REPLACE FUNCTION "nexio_partitions"."ensure_months"("months_ahead" INTEGER) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  parent RECORD;
  -- without zone, and meant as UTC, so that the session's time zone changes nothing
  month TIMESTAMP;
  partition TEXT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('nexio_partitions.ensure_months'));
  FOR parent IN
    SELECT partitioned.relname AS name, partitioned.oid::regclass AS reference,
      coalesce('WITH (' || array_to_string(fallback.reloptions, ', ') || ')', '') AS storage
    FROM pg_partitioned_table
    JOIN pg_class partitioned ON partitioned.oid = pg_partitioned_table.partrelid
    JOIN pg_class fallback ON fallback.oid = pg_partitioned_table.partdefid
    WHERE fallback.relnamespace = 'nexio_partitions'::regnamespace
    ORDER BY partitioned.relname
  LOOP
    FOR step IN 0..months_ahead LOOP
      month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step);
      partition := format('%s_%s', parent.name, to_char(month, 'YYYY_MM'));
      CONTINUE WHEN to_regclass('nexio_partitions.' || partition) IS NOT NULL;
      BEGIN
        EXECUTE format('CREATE TABLE nexio_partitions.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L) %s', partition, parent.reference,
          nexio_partitions.uuid7_floor(month AT TIME ZONE 'UTC'),
          nexio_partitions.uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC'), parent.storage);
      EXCEPTION WHEN check_violation THEN
        RAISE WARNING 'rows of % stand in the DEFAULT partition of % and stay there', to_char(month, 'YYYY-MM'), parent.name;
      END;
    END LOOP;
  END LOOP;
END
$$;
SELECT "nexio_partitions"."ensure_months"(3);
