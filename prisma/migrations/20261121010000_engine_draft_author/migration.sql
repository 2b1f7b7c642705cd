-- When the draft itself was last put, and by whom, apart from changes of name or timeout: saves that started from an older draft are told.
ALTER TABLE "engine" ADD COLUMN "draft_updated_at" TIMESTAMPTZ(3), ADD COLUMN "draft_updated_by" TEXT;
UPDATE "engine" SET "draft_updated_at" = "updated_at";
ALTER TABLE "engine" ALTER COLUMN "draft_updated_at" SET NOT NULL, ALTER COLUMN "draft_updated_at" SET DEFAULT CURRENT_TIMESTAMP;
