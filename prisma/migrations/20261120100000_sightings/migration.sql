-- Phones that ask without saying their MAC.
CREATE TABLE "sightings" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "address" TEXT NOT NULL,
  "root_id" UUID,
  "site_id" UUID,
  "vendor" TEXT,
  "model" TEXT,
  "firmware" TEXT,
  "user_agent" TEXT,
  "recognised_by" TEXT,
  "rule" TEXT,
  "worker" TEXT NOT NULL,
  "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "sightings_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "sightings_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "sightings_address_key" ON "sightings" ("address");
CREATE INDEX "sightings_last_seen_at_id_idx" ON "sightings" ("last_seen_at" DESC, "id");
