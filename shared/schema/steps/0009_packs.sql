CREATE TABLE "inbox_pack" ("first_id" INTEGER NOT NULL PRIMARY KEY, "last_id" INTEGER NOT NULL, "last_arrived_at" INTEGER NOT NULL, "data" BLOB NOT NULL) STRICT;
