-- How many days an organization's payloads are kept; null: as long as the operator's own policy says. The shorter of the two holds.
ALTER TABLE "organization" ADD COLUMN "payload_retention_days" INTEGER;
ALTER TABLE "organization" ADD CONSTRAINT "organization_payload_retention_days_range" CHECK ("payload_retention_days" BETWEEN 1 AND 36500);

-- The instant of a UUIDv7, to the millisecond.
CREATE FUNCTION "nexio_partitions"."uuid7_time"("id" UUID) RETURNS TIMESTAMPTZ LANGUAGE sql IMMUTABLE AS $$
  SELECT to_timestamp(('x' || left(replace("id"::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
$$;

-- The months, from that of `at` to `months_ahead` later, that some table partitioned by UUIDv7 has no partition for.
CREATE FUNCTION "nexio_partitions"."missing_months"("months_ahead" INTEGER, "at" TIMESTAMPTZ)
RETURNS TABLE ("parent" TEXT, "month" TIMESTAMP) LANGUAGE sql STABLE AS $$
  SELECT partitioned.relname::text, month
  FROM pg_partitioned_table
  JOIN pg_class partitioned ON partitioned.oid = pg_partitioned_table.partrelid
  JOIN pg_class fallback ON fallback.oid = pg_partitioned_table.partdefid
  -- without zone, and meant as UTC, so that the session's time zone changes nothing
  CROSS JOIN generate_series(0, months_ahead) AS step
  CROSS JOIN LATERAL (SELECT date_trunc('month', "at" AT TIME ZONE 'UTC') + make_interval(months => step) AS month) AS each
  WHERE fallback.relnamespace = 'nexio_partitions'::regnamespace
    AND to_regclass(format('nexio_partitions.%s_%s', partitioned.relname, to_char(month, 'YYYY_MM'))) IS NULL
  ORDER BY month, partitioned.relname
$$;

-- Makes one month's partition of one table, stored as the table's DEFAULT partition is. Returns false where it is there already, or where rows
-- of its last moment stand in DEFAULT.
--
-- A month that nobody inserts into yet is attached, which acceptance does not notice; to make one that has begun, everybody is kept out of the
-- table for a moment, because whoever is just inserting by the old partitions would be refused. Rows of the month that stand in DEFAULT stay there,
-- and the partition begins behind the newest of them: moving a month's rows would keep everybody out for as long as it takes.
CREATE FUNCTION "nexio_partitions"."make_month"("parent" TEXT, "month" TIMESTAMP, "at" TIMESTAMPTZ) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  name TEXT := parent || '_' || to_char(month, 'YYYY_MM');
  target TEXT := format('nexio_partitions.%I', name);
  first_id UUID := nexio_partitions.uuid7_floor(month AT TIME ZONE 'UTC');
  end_id UUID := nexio_partitions.uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC');
  whole TEXT;
  fallback TEXT;
  storage TEXT;
  key TEXT;
  newest UUID;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('nexio_partitions.ensure_months'));
  -- Asked of the catalog itself: what the session has cached about a name may be older than the lock.
  IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'nexio_partitions'::regnamespace AND relname = name) THEN
    RETURN false;
  END IF;
  SELECT partitioned.oid::regclass, leaf.oid::regclass, coalesce('WITH (' || array_to_string(leaf.reloptions, ', ') || ')', ''), quote_ident(attname)
  INTO STRICT whole, fallback, storage, key
  FROM pg_partitioned_table
  JOIN pg_class partitioned ON partitioned.oid = partrelid
  JOIN pg_class leaf ON leaf.oid = partdefid
  JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
  WHERE partitioned.relname = parent AND leaf.relnamespace = 'nexio_partitions'::regnamespace;

  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION) %s',
    target, whole, storage);
  IF month AT TIME ZONE 'UTC' <= "at" + interval '1 day' THEN
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', whole);
  END IF;
  EXECUTE format('SELECT %1$s FROM %2$s WHERE %1$s >= $1 AND %1$s < $2 ORDER BY %1$s DESC LIMIT 1', key, fallback)
  INTO newest USING first_id, end_id;
  IF newest IS NOT NULL THEN
    first_id := nexio_partitions.uuid7_floor(nexio_partitions.uuid7_time(newest) + interval '1 millisecond');
    RAISE WARNING 'rows of % stand in the DEFAULT partition of % and stay there', to_char(month, 'YYYY-MM'), parent;
  END IF;
  IF first_id >= end_id THEN
    EXECUTE format('DROP TABLE %s', target);
    RETURN false;
  END IF;
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', whole, target, first_id, end_id);
  RETURN true;
END
$$;

-- Makes all that is missing, at once: for migrations. The worker makes month by month, each in a transaction that waits for no lock for long.
DROP FUNCTION "nexio_partitions"."ensure_months"(INTEGER);
CREATE FUNCTION "nexio_partitions"."ensure_months"("months_ahead" INTEGER, "at" TIMESTAMPTZ DEFAULT now()) RETURNS VOID LANGUAGE sql AS $$
  SELECT nexio_partitions.make_month(parent, month, at) FROM nexio_partitions.missing_months(months_ahead, at)
$$;
