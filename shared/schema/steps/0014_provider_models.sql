ALTER TABLE "credential_metadata" ADD COLUMN "models" TEXT NOT NULL DEFAULT '';
ALTER TABLE "credential_metadata" ADD COLUMN "excluded_models" TEXT NOT NULL DEFAULT '';
