ALTER TABLE "chunk" RENAME TO "chunk_before";
CREATE TABLE "chunk" ("id" INTEGER NOT NULL PRIMARY KEY, "first_ms" INTEGER NOT NULL, "last_ms" INTEGER NOT NULL, "rows" INTEGER NOT NULL, "revision" INTEGER NOT NULL) STRICT;
INSERT INTO "chunk" SELECT *, 0 FROM "chunk_before";
DROP TABLE "chunk_before";
