CREATE TABLE "meta" ("key" TEXT NOT NULL PRIMARY KEY, "number" INTEGER, "text" TEXT, "secret" BLOB) STRICT, WITHOUT ROWID;
CREATE TABLE "migration" ("name" TEXT NOT NULL PRIMARY KEY, "applied_at" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE "inbox" ("id" INTEGER NOT NULL PRIMARY KEY, "arrived_at" INTEGER NOT NULL, "transport" TEXT NOT NULL, "payload" BLOB NOT NULL) STRICT;
CREATE TABLE "rejected" ("id" INTEGER NOT NULL PRIMARY KEY, "arrived_at" INTEGER NOT NULL, "rejected_at" INTEGER NOT NULL, "transport" TEXT NOT NULL, "reason" TEXT NOT NULL, "detail" TEXT NOT NULL, "payload" BLOB NOT NULL) STRICT;
CREATE INDEX "rejected_rejected_at" ON "rejected" ("rejected_at");
CREATE TABLE "instance" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "instance_name" ON "instance" ("name");
CREATE TABLE "model" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "model_name" ON "model" ("name");
CREATE TABLE "route" ("id" INTEGER NOT NULL PRIMARY KEY, "provider" TEXT NOT NULL, "executor_type" TEXT NOT NULL, "auth_type" TEXT NOT NULL, "endpoint" TEXT NOT NULL, "reasoning_effort" TEXT NOT NULL, "service_tier" TEXT NOT NULL, "response_service_tier" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "route_provider_executor_type_auth_type_endpoint_reasonin_3e33bd7" ON "route" ("provider", "executor_type", "auth_type", "endpoint", "reasoning_effort", "service_tier", "response_service_tier");
CREATE TABLE "api_key" ("id" INTEGER NOT NULL PRIMARY KEY, "instance_id" INTEGER NOT NULL, "hmac" BLOB NOT NULL, "mask" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "api_key_instance_id_hmac" ON "api_key" ("instance_id", "hmac");
CREATE TABLE "credential" ("id" INTEGER NOT NULL PRIMARY KEY, "instance_id" INTEGER NOT NULL, "auth_index" TEXT NOT NULL, "provider" TEXT NOT NULL, "auth_type" TEXT NOT NULL, "account" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "credential_instance_id_auth_index" ON "credential" ("instance_id", "auth_index");
CREATE TABLE "client" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "client_name" ON "client" ("name");
CREATE TABLE "origin" ("id" INTEGER NOT NULL PRIMARY KEY, "client_ip" TEXT NOT NULL, "x_forwarded_for" TEXT NOT NULL, "user_agent" TEXT NOT NULL, "first_seen_at" INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX "origin_client_ip_x_forwarded_for_user_agent" ON "origin" ("client_ip", "x_forwarded_for", "user_agent");
CREATE TABLE "bundled_provider" ("id" TEXT NOT NULL PRIMARY KEY, "position" INTEGER NOT NULL, "name" TEXT NOT NULL, "provider_match" TEXT, "model_match" TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE "bundled_model" ("id" INTEGER NOT NULL PRIMARY KEY, "provider" TEXT NOT NULL, "position" INTEGER NOT NULL, "model" TEXT NOT NULL, "match" TEXT NOT NULL) STRICT;
CREATE INDEX "bundled_model_provider_position" ON "bundled_model" ("provider", "position");
CREATE UNIQUE INDEX "bundled_model_provider_model" ON "bundled_model" ("provider", "model");
CREATE TABLE "bundled_price" ("id" INTEGER NOT NULL PRIMARY KEY CHECK (id > 0 and id < 1000000), "model_id" INTEGER NOT NULL, "service_tier" TEXT NOT NULL, "effective_from" INTEGER NOT NULL, "daily_from" INTEGER, "daily_until" INTEGER, "input_price" INTEGER NOT NULL, "cache_read_price" INTEGER NOT NULL, "cache_write_price" INTEGER NOT NULL, "output_price" INTEGER NOT NULL, "context_tiers" TEXT NOT NULL, "bundle" TEXT NOT NULL, "recorded_at" INTEGER NOT NULL, "retired_at" INTEGER) STRICT;
CREATE INDEX "bundled_price_model_id" ON "bundled_price" ("model_id");
CREATE TABLE "price" ("id" INTEGER NOT NULL PRIMARY KEY CHECK (id >= 1000000), "source" TEXT NOT NULL CHECK (source in ('manual', 'synced')), "provider" TEXT NOT NULL, "model" TEXT NOT NULL, "service_tier" TEXT NOT NULL, "effective_from" INTEGER NOT NULL, "input_price" INTEGER NOT NULL, "cache_read_price" INTEGER NOT NULL, "cache_write_price" INTEGER NOT NULL, "output_price" INTEGER NOT NULL, "context_tiers" TEXT NOT NULL, "multiplier" INTEGER NOT NULL, "origin" TEXT NOT NULL, "recorded_at" INTEGER NOT NULL, "retired_at" INTEGER) STRICT;
CREATE INDEX "price_model" ON "price" ("model");
CREATE TABLE "price_rule" ("id" INTEGER NOT NULL PRIMARY KEY, "model" TEXT NOT NULL, "key" TEXT NOT NULL, "value" TEXT NOT NULL, "multiplier" INTEGER NOT NULL, "effective_from" INTEGER NOT NULL, "recorded_at" INTEGER NOT NULL, "retired_at" INTEGER) STRICT;
CREATE TABLE "event" ("occurred_at" INTEGER NOT NULL, "digest" INTEGER NOT NULL, "model_id" INTEGER NOT NULL, "alias_id" INTEGER, "route_id" INTEGER NOT NULL, "api_key_id" INTEGER NOT NULL, "credential_id" INTEGER NOT NULL, "client_id" INTEGER NOT NULL, "origin_id" INTEGER NOT NULL, "failed" INTEGER NOT NULL, "generate" INTEGER NOT NULL, "status_code" INTEGER NOT NULL, "error_class" INTEGER NOT NULL, "latency_ms" INTEGER NOT NULL, "ttft_ms" INTEGER NOT NULL, "input_tokens" INTEGER NOT NULL, "cache_read_tokens" INTEGER NOT NULL, "cache_write_tokens" INTEGER NOT NULL, "output_tokens" INTEGER NOT NULL, "reasoning_tokens" INTEGER NOT NULL, "unclassified_tokens" INTEGER NOT NULL, "normalization" INTEGER NOT NULL, "cost_nanos" INTEGER, "price_id" INTEGER, "request_number" INTEGER, "inbox_id" INTEGER NOT NULL, PRIMARY KEY ("occurred_at", "digest")) STRICT, WITHOUT ROWID;
CREATE TABLE "event_detail" ("occurred_at" INTEGER NOT NULL, "digest" INTEGER NOT NULL, "error_body" TEXT NOT NULL, "response_headers" TEXT NOT NULL, "request_id" TEXT NOT NULL, PRIMARY KEY ("occurred_at", "digest")) STRICT, WITHOUT ROWID;
CREATE TABLE "tail" ("id" INTEGER NOT NULL PRIMARY KEY, "rows" INTEGER NOT NULL, "records" BLOB NOT NULL) STRICT;
CREATE TABLE "chunk" ("id" INTEGER NOT NULL PRIMARY KEY, "first_ms" INTEGER NOT NULL, "last_ms" INTEGER NOT NULL, "rows" INTEGER NOT NULL) STRICT;
CREATE TABLE "chunk_column" ("id" INTEGER NOT NULL PRIMARY KEY, "width" INTEGER NOT NULL, "base" INTEGER NOT NULL, "data" BLOB NOT NULL) STRICT;
CREATE TABLE "heartbeat" ("daemon" TEXT NOT NULL PRIMARY KEY, "at" INTEGER NOT NULL, "started_at" INTEGER NOT NULL, "version" TEXT NOT NULL, "state" TEXT NOT NULL, "detail" TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE "task_run" ("name" TEXT NOT NULL PRIMARY KEY, "started_at" INTEGER NOT NULL, "duration_us" INTEGER NOT NULL, "outcome" TEXT NOT NULL, "detail" TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIEW request as
select e.occurred_at, e.digest,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.occurred_at / 1000000.0, 'unixepoch') as occurred_at_utc,
       case e.failed when 1 then 'failed' else 'succeeded' end as result, e.status_code,
       r.provider, m.name as model, coalesce(a.name, m.name) as alias, k.mask as api_key,
       c.auth_index, c.account, r.endpoint, cl.name as client, r.reasoning_effort, r.service_tier,
       r.response_service_tier, e.latency_ms, e.ttft_ms, e.input_tokens, e.cache_read_tokens,
       e.cache_write_tokens, e.output_tokens, e.reasoning_tokens, e.unclassified_tokens,
       e.input_tokens + e.output_tokens + e.unclassified_tokens as total_tokens,
       e.cost_nanos, e.cost_nanos / 1e9 as cost_dollars, e.request_number, e.inbox_id
from event e
join model m on m.id = e.model_id
left join model a on a.id = e.alias_id
join route r on r.id = e.route_id
join api_key k on k.id = e.api_key_id
join credential c on c.id = e.credential_id
join client cl on cl.id = e.client_id;
