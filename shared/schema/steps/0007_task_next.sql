ALTER TABLE "task_run" ADD COLUMN "next_at" INTEGER;
