UPDATE "event_detail" SET "error_body" = redact("error_body"), "response_headers" = redact("response_headers") WHERE "error_body" <> redact("error_body") OR "response_headers" <> redact("response_headers");
UPDATE OR IGNORE "origin" SET "client_ip" = redact("client_ip"), "x_forwarded_for" = redact("x_forwarded_for"), "user_agent" = redact("user_agent") WHERE "client_ip" <> redact("client_ip") OR "x_forwarded_for" <> redact("x_forwarded_for") OR "user_agent" <> redact("user_agent");
UPDATE "origin" SET "client_ip" = redact("client_ip"), "x_forwarded_for" = redact("x_forwarded_for"), "user_agent" = redact("user_agent") || '#' || "id" WHERE "client_ip" <> redact("client_ip") OR "x_forwarded_for" <> redact("x_forwarded_for") OR "user_agent" <> redact("user_agent");
UPDATE OR IGNORE "client" SET "name" = redact("name") WHERE "name" <> redact("name");
UPDATE "client" SET "name" = redact("name") || '#' || "id" WHERE "name" <> redact("name");
UPDATE "instance" SET "name" = without_login("name") WHERE "id" = 1;
UPDATE "api_key" SET "mask" = 'no key' WHERE "hmac" = x'';
UPDATE "api_key" SET "mask" = "mask" || '#' || lower(substr(hex("hmac"), 1, 6)) WHERE "hmac" <> x'' AND ("mask" = '…' OR EXISTS (SELECT 1 FROM "api_key" AS "other" WHERE "other"."instance_id" = "api_key"."instance_id" AND "other"."mask" = "api_key"."mask" AND "other"."id" < "api_key"."id"));
