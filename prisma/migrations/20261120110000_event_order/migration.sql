-- Lists of what all phones did, newest first, read page by page.
CREATE INDEX "events_at_id_idx" ON "events" ("at" DESC, "id" DESC);
