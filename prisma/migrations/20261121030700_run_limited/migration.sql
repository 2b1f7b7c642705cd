-- That the end of a run makes room in an environment with a limit of concurrency stands on the run itself: so its completion knows it for
-- nothing, and only then marks the environment ready.
ALTER TABLE "run" ADD COLUMN "limited" BOOLEAN;
