CREATE TABLE "credential_metadata" ("credential_id" INTEGER NOT NULL PRIMARY KEY, "listed_in" TEXT NOT NULL, "provider" TEXT NOT NULL, "label" TEXT NOT NULL, "name" TEXT NOT NULL, "email" TEXT NOT NULL, "account_type" TEXT NOT NULL, "plan" TEXT NOT NULL, "project" TEXT NOT NULL, "note" TEXT NOT NULL, "prefix" TEXT NOT NULL, "base_url" TEXT NOT NULL, "key_mask" TEXT NOT NULL, "priority" INTEGER, "weight" INTEGER, "status" TEXT NOT NULL, "status_message" TEXT NOT NULL, "disabled" INTEGER NOT NULL, "unavailable" INTEGER NOT NULL, "next_retry_after" INTEGER, "last_refresh" INTEGER, "subscription_until" INTEGER, "seen_at" INTEGER NOT NULL, "changed_at" INTEGER NOT NULL, "deleted_at" INTEGER) STRICT;
CREATE TABLE "api_key_listing" ("api_key_id" INTEGER NOT NULL PRIMARY KEY, "listed_at" INTEGER NOT NULL, "removed_at" INTEGER) STRICT;
CREATE VIEW "credential_name" AS
SELECT
  credential.id AS credential_id,
  credential.instance_id,
  credential.auth_index,
  CASE WHEN ifnull(metadata.provider, '') <> '' THEN metadata.provider ELSE credential.provider END AS provider,
  credential.auth_type,
  credential.account,
  CASE
    WHEN label.label IS NOT NULL THEN label.label
    WHEN ifnull(metadata.label, '') <> '' THEN metadata.label
    WHEN credential.account <> '' THEN credential.account
    WHEN credential.auth_index = '' THEN ''
    ELSE credential.provider || '/' || credential.auth_index
  END AS display_name,
  label.label AS own_label
FROM credential
LEFT JOIN credential_metadata AS metadata ON metadata.credential_id = credential.id
LEFT JOIN label ON label.kind = 'credential' AND label.subject_id = credential.id;
