CREATE TABLE "edit_state" ("name" TEXT NOT NULL PRIMARY KEY, "number" INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE "label" ("kind" TEXT NOT NULL, "subject_id" INTEGER NOT NULL, "label" TEXT NOT NULL, "edited_at" INTEGER NOT NULL, PRIMARY KEY ("kind", "subject_id")) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX "label_kind_label" ON "label" ("kind", "label");
CREATE TABLE "command" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" TEXT NOT NULL, "arguments" TEXT NOT NULL, "requested_at" INTEGER NOT NULL, "requested_by" TEXT NOT NULL, "cancelled_at" INTEGER) STRICT;
CREATE TABLE "command_run" ("command_id" INTEGER NOT NULL PRIMARY KEY, "state" TEXT NOT NULL CHECK (state in ('running', 'done', 'failed', 'cancelled')), "started_at" INTEGER NOT NULL, "finished_at" INTEGER, "progress" REAL NOT NULL, "result" TEXT NOT NULL, "error" TEXT NOT NULL) STRICT;
INSERT INTO "meta" ("key", "number") VALUES ('epoch', random());
