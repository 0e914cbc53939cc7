ALTER TABLE "quota_account" ADD COLUMN "reset_credits_expire_at" INTEGER;
