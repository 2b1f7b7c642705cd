-- The decision trace of a run, beside its input and output; inserted by the statement that records the output.
ALTER TYPE "run_payload_kind" ADD VALUE 'trace';
