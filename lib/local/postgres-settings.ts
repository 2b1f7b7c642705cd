/**
 * How the embedded PostgreSQL is configured: a small machine shared with its clients, many small inserts, and nothing that was
 * acknowledged may be lost.
 */

export type PostgresSettings = Record<string, string | number>;

/** The settings for real data. */
export const DURABLE_SETTINGS: PostgresSettings = {
  // Durability is PostgreSQL's default; written down, because "accepted means durable" rests on it.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // Nobody replicates from this server: a minimal log, and no processes that wait for replicas.
  wal_level: "minimal",
  max_wal_senders: 0,
  max_replication_slots: 0,
  max_logical_replication_workers: 0,
  // Memory: the whole stack is to stay under 450 MB.
  shared_buffers: "128MB",
  work_mem: "8MB",
  maintenance_work_mem: "64MB",
  max_connections: 100,
  max_worker_processes: 4,
  max_parallel_workers: 2,
  max_parallel_workers_per_gather: 1,
  huge_pages: "off",
  // Long checkpoint intervals keep full-page images out of the log under steady inserts; recovery stays a matter of seconds.
  wal_buffers: "16MB",
  max_wal_size: "2GB",
  min_wal_size: "512MB",
  checkpoint_timeout: "15min",
  random_page_cost: 1.1,
  // Reading ahead by processes of their own pays on many cores and slow disks; here they would only take memory.
  io_method: "sync",
  // Compiling a statement costs more than these statements take.
  jit: "off",
  // Tables that serve as queues are vacuumed often, a little at a time.
  autovacuum_naptime: "15s",
  autovacuum_max_workers: 2,
  TimeZone: "UTC",
  log_timezone: "UTC",
  update_process_title: "off",
  // Statements and key values of customers do not belong in a log.
  log_min_messages: "warning",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",
};

/** For tests: the same server, without waiting for the disk. */
export const VOLATILE_SETTINGS: PostgresSettings = {
  ...DURABLE_SETTINGS,
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  checkpoint_timeout: "30min",
  min_wal_size: "80MB",
};

/** As the server's command-line options. */
export function settingArguments(settings: PostgresSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
