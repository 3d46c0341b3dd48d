-- The data model of prisma/schema.prisma, and behind it what Prisma cannot say.

CREATE TABLE "installation" (
  "id" INTEGER NOT NULL DEFAULT 1,
  "key_check" TEXT NOT NULL,
  "feed_epoch" UUID NOT NULL DEFAULT gen_random_uuid(),
  "catalog_revision" BIGINT NOT NULL DEFAULT 1,
  "public_base" TEXT,
  "feed_pruned_to" BIGINT NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "sites" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID NOT NULL,
  "parent_id" UUID,
  "path" UUID[] NOT NULL DEFAULT ARRAY[]::UUID[],
  "kind" TEXT NOT NULL DEFAULT 'customer',
  "slug" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "external_id" TEXT,
  "networks" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "default_registrar_id" UUID,
  "public_base" TEXT,
  "reported_base" TEXT,
  "bootstrap_code" TEXT NOT NULL,
  "common_files_for" TEXT,
  "enrolment_until" TIMESTAMPTZ(3),
  "max_stale_days" INTEGER,
  "version" INTEGER NOT NULL DEFAULT 1,
  "served_version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "sites_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "sites_slug_key" ON "sites" ("slug");
CREATE UNIQUE INDEX "sites_bootstrap_code_key" ON "sites" ("bootstrap_code");
CREATE INDEX "sites_path_idx" ON "sites" USING GIN ("path");
CREATE INDEX "sites_parent_id_idx" ON "sites" ("parent_id");

CREATE TABLE "registrars" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID NOT NULL,
  "site_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "host" TEXT NOT NULL,
  "port" INTEGER,
  "transport" TEXT NOT NULL DEFAULT 'udp',
  "second_host" TEXT,
  "second_port" INTEGER,
  "outbound_proxy" TEXT,
  "outbound_port" INTEGER,
  "expires_sec" INTEGER NOT NULL DEFAULT 3600,
  "srtp" TEXT NOT NULL DEFAULT 'off',
  "external_id" TEXT,
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "registrars_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "registrars_site_id_idx" ON "registrars" ("site_id");

CREATE TABLE "accounts" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID NOT NULL,
  "site_id" UUID NOT NULL,
  "user_name" TEXT NOT NULL,
  "auth_name" TEXT,
  "sealed_password" BYTEA,
  "display_name" TEXT,
  "voicemail" TEXT,
  "registrar_id" UUID,
  "external_id" TEXT,
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "accounts_site_id_idx" ON "accounts" ("site_id");
CREATE INDEX "accounts_registrar_id_idx" ON "accounts" ("registrar_id");
CREATE INDEX "accounts_user_name_idx" ON "accounts" ("user_name");

CREATE TABLE "models" (
  "slug" TEXT NOT NULL,
  "vendor" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "spellings" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "lines" INTEGER NOT NULL,
  "keys" INTEGER NOT NULL,
  "modules" INTEGER NOT NULL DEFAULT 0,
  "module_keys" INTEGER NOT NULL DEFAULT 0,
  "source" TEXT,
  "unverified" BOOLEAN NOT NULL DEFAULT false,
  "shipped" BOOLEAN NOT NULL DEFAULT true,
  "overlay" JSONB,
  "version" INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT "models_pkey" PRIMARY KEY ("slug")
);
CREATE INDEX "models_vendor_idx" ON "models" ("vendor");

CREATE TABLE "devices" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID NOT NULL,
  "site_id" UUID NOT NULL,
  "mac" CHAR(12) NOT NULL,
  "serial" TEXT,
  "model_slug" TEXT,
  "vendor" TEXT,
  "label" TEXT,
  "person" TEXT,
  "location" TEXT,
  "state" TEXT NOT NULL DEFAULT 'active',
  "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "external_id" TEXT,
  "sealed_token" BYTEA NOT NULL,
  "token_lookup" TEXT NOT NULL,
  "previous_token_lookup" TEXT,
  "recognised" JSONB,
  "version" INTEGER NOT NULL DEFAULT 1,
  "served_version" INTEGER NOT NULL DEFAULT 1,
  "revision" INTEGER NOT NULL DEFAULT 0,
  "compiled_catalog_revision" BIGINT NOT NULL DEFAULT 0,
  "compiled_version" INTEGER NOT NULL DEFAULT 0,
  "publication_state" TEXT NOT NULL DEFAULT 'queued',
  "findings" JSONB NOT NULL DEFAULT '[]',
  "published_at" TIMESTAMPTZ(3),
  "fetched_revision" INTEGER,
  "fetched_at" TIMESTAMPTZ(3),
  "last_seen_at" TIMESTAMPTZ(3),
  "last_seen_address" INET,
  "firmware" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "devices_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "devices_token_lookup_key" ON "devices" ("token_lookup");
CREATE UNIQUE INDEX "devices_previous_token_lookup_key" ON "devices" ("previous_token_lookup");
CREATE INDEX "devices_site_id_idx" ON "devices" ("site_id");
CREATE INDEX "devices_root_id_idx" ON "devices" ("root_id");
CREATE INDEX "devices_model_slug_idx" ON "devices" ("model_slug");
CREATE INDEX "devices_created_at_id_idx" ON "devices" ("created_at" DESC, "id" DESC);
CREATE INDEX "devices_mac_id_idx" ON "devices" ("mac", "id");
CREATE INDEX "devices_last_seen_address_idx" ON "devices" ("last_seen_address");
CREATE INDEX "devices_tags_idx" ON "devices" USING GIN ("tags");

CREATE TABLE "lines" (
  "device_id" UUID NOT NULL,
  "index" INTEGER NOT NULL,
  "root_id" UUID NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT true,
  "label" TEXT,
  "account_id" UUID,
  CONSTRAINT "lines_pkey" PRIMARY KEY ("device_id", "index")
);
CREATE INDEX "lines_account_id_idx" ON "lines" ("account_id");

CREATE TABLE "line_keys" (
  "device_id" UUID NOT NULL,
  "module" INTEGER NOT NULL DEFAULT 0,
  "index" INTEGER NOT NULL,
  "root_id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "line" INTEGER,
  "value" TEXT,
  "label" TEXT,
  "pickup_value" TEXT,
  CONSTRAINT "line_keys_pkey" PRIMARY KEY ("device_id", "module", "index")
);

CREATE TABLE "modules" (
  "device_id" UUID NOT NULL,
  "index" INTEGER NOT NULL,
  "root_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  CONSTRAINT "modules_pkey" PRIMARY KEY ("device_id", "index")
);

CREATE TABLE "settings" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID,
  "layer" TEXT NOT NULL,
  "model_slug" TEXT,
  "site_id" UUID,
  "device_id" UUID,
  "kind" TEXT NOT NULL,
  "vendor" TEXT,
  "key" TEXT NOT NULL,
  "value" JSONB,
  "sealed" BYTEA,
  "set_by" TEXT,
  "set_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "settings_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "settings_device_id_idx" ON "settings" ("device_id");
CREATE INDEX "settings_site_id_idx" ON "settings" ("site_id");

CREATE TABLE "profile_rules" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "name" TEXT NOT NULL,
  "order" INTEGER NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT true,
  "match" JSONB NOT NULL DEFAULT '{}',
  "url" TEXT,
  "unknown" TEXT NOT NULL DEFAULT 'ignore',
  "match_site_id" UUID,
  "site_id" UUID,
  "model_slug" TEXT,
  "shipped" BOOLEAN NOT NULL DEFAULT false,
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "profile_rules_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "profile_rules_order_idx" ON "profile_rules" ("order");

CREATE TABLE "templates" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "vendor" TEXT NOT NULL,
  "models" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "site_id" UUID,
  "mode" TEXT NOT NULL DEFAULT 'merge',
  "draft" TEXT,
  "published_version" INTEGER,
  "shipped" BOOLEAN NOT NULL DEFAULT false,
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "templates_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "templates_vendor_idx" ON "templates" ("vendor");

CREATE TABLE "template_versions" (
  "template_id" UUID NOT NULL,
  "number" INTEGER NOT NULL,
  "body" TEXT NOT NULL,
  "author" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "template_versions_pkey" PRIMARY KEY ("template_id", "number")
);

CREATE TABLE "catalog_changes" (
  "revision" BIGINT NOT NULL,
  "vendors" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "models" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "site_id" UUID,
  "inert" BOOLEAN NOT NULL DEFAULT false,
  "swept" BOOLEAN NOT NULL DEFAULT false,
  "summary" TEXT NOT NULL,
  "actor" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "catalog_changes_pkey" PRIMARY KEY ("revision")
);

CREATE TABLE "phonebooks" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID NOT NULL,
  "site_id" UUID NOT NULL,
  "device_id" UUID,
  "name" TEXT NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1,
  CONSTRAINT "phonebooks_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "phonebooks_site_id_idx" ON "phonebooks" ("site_id");

CREATE TABLE "contact_groups" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "phonebook_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  CONSTRAINT "contact_groups_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "contact_groups_phonebook_id_name_key" ON "contact_groups" ("phonebook_id", "name");

CREATE TABLE "contacts" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "root_id" UUID NOT NULL,
  "phonebook_id" UUID NOT NULL,
  "group_id" UUID,
  "name" TEXT NOT NULL,
  "numbers" JSONB NOT NULL DEFAULT '[]',
  "external_id" TEXT,
  CONSTRAINT "contacts_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "contacts_phonebook_id_idx" ON "contacts" ("phonebook_id");

CREATE TABLE "resources" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "site_id" UUID,
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "vendor" TEXT,
  "sha256" TEXT NOT NULL,
  "bytes" BIGINT NOT NULL,
  "content_type" TEXT NOT NULL,
  "content" BYTEA,
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "resources_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "resources_sha256_idx" ON "resources" ("sha256");

CREATE TABLE "users" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "email" TEXT NOT NULL,
  "name" TEXT,
  "password_hash" TEXT,
  "disabled_at" TIMESTAMPTZ(3),
  "version" INTEGER NOT NULL DEFAULT 1,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "users_email_key" ON "users" ("email");

CREATE TABLE "grants" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "user_id" UUID NOT NULL,
  "role" TEXT NOT NULL,
  "site_id" UUID,
  CONSTRAINT "grants_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "grants_user_id_idx" ON "grants" ("user_id");

CREATE TABLE "sessions" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "user_id" UUID NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "revoked_at" TIMESTAMPTZ(3),
  "address" TEXT,
  "user_agent" TEXT,
  CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "sessions_user_id_idx" ON "sessions" ("user_id");

CREATE TABLE "api_tokens" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "name" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "scopes" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "site_id" UUID,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_used_at" TIMESTAMPTZ(3),
  "expires_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "api_tokens_hash_key" ON "api_tokens" ("hash");

CREATE TABLE "audit" (
  "id" BIGSERIAL NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "root_id" UUID,
  "site_id" UUID,
  "actor" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "noun" TEXT NOT NULL,
  "noun_id" TEXT NOT NULL,
  "summary" TEXT NOT NULL,
  "before" JSONB,
  "after" JSONB,
  "request_id" TEXT,
  CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_noun_noun_id_idx" ON "audit" ("noun", "noun_id");
CREATE INDEX "audit_at_idx" ON "audit" ("at");

CREATE TABLE "events" (
  "id" UUID NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "kind" TEXT NOT NULL,
  "root_id" UUID,
  "site_id" UUID,
  "device_id" UUID,
  "mac" CHAR(12),
  "worker" TEXT NOT NULL,
  "address" TEXT,
  "summary" TEXT NOT NULL,
  "data" JSONB NOT NULL DEFAULT '{}',
  CONSTRAINT "events_pkey" PRIMARY KEY ("id", "at")
) PARTITION BY RANGE ("at");
CREATE INDEX "events_device_id_at_idx" ON "events" ("device_id", "at" DESC);
CREATE INDEX "events_site_id_at_idx" ON "events" ("site_id", "at" DESC);

CREATE TABLE "artifacts" (
  "address" TEXT NOT NULL,
  "sealed" BYTEA NOT NULL,
  "bytes" INTEGER NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "artifacts_pkey" PRIMARY KEY ("address")
);

CREATE TABLE "device_files" (
  "device_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "root_id" UUID NOT NULL,
  "role" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "provenance_address" TEXT NOT NULL,
  "etag" TEXT NOT NULL,
  "bytes" INTEGER NOT NULL,
  "content_type" TEXT NOT NULL,
  CONSTRAINT "device_files_pkey" PRIMARY KEY ("device_id", "name")
);
CREATE INDEX "device_files_address_idx" ON "device_files" ("address");

CREATE TABLE "site_files" (
  "site_id" UUID NOT NULL,
  "vendor" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "root_id" UUID NOT NULL,
  "role" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "provenance_address" TEXT NOT NULL,
  "etag" TEXT NOT NULL,
  "bytes" INTEGER NOT NULL,
  "content_type" TEXT NOT NULL,
  CONSTRAINT "site_files_pkey" PRIMARY KEY ("site_id", "vendor", "name")
);

CREATE TABLE "site_publications" (
  "site_id" UUID NOT NULL,
  "vendor" TEXT NOT NULL,
  "root_id" UUID NOT NULL,
  "compiled_catalog_revision" BIGINT NOT NULL DEFAULT 0,
  "publication_state" TEXT NOT NULL DEFAULT 'queued',
  "findings" JSONB NOT NULL DEFAULT '[]',
  "published_at" TIMESTAMPTZ(3),
  CONSTRAINT "site_publications_pkey" PRIMARY KEY ("site_id", "vendor")
);

CREATE TABLE "publications" (
  "device_id" UUID NOT NULL,
  "revision" INTEGER NOT NULL,
  "root_id" UUID NOT NULL,
  "catalog_revision" BIGINT NOT NULL,
  "device_version" INTEGER NOT NULL,
  "files" JSONB NOT NULL,
  "cause" TEXT NOT NULL,
  "feed_id" BIGINT,
  "feed_xid" BIGINT,
  "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "publications_pkey" PRIMARY KEY ("device_id", "revision")
);

CREATE TABLE "feed" (
  "id" BIGSERIAL NOT NULL,
  "xid" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
  "kind" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "feed_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "feed_xid_kind_key_at_key" ON "feed" ("xid", "kind", "key", "at");
CREATE INDEX "feed_xid_id_idx" ON "feed" ("xid", "id");

CREATE TABLE "jobs" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "kind" TEXT NOT NULL,
  "root_id" UUID,
  "catalog_revision" BIGINT,
  "summary" TEXT NOT NULL,
  "actor" TEXT,
  "state" TEXT NOT NULL DEFAULT 'running',
  "total" INTEGER NOT NULL DEFAULT 0,
  "done" INTEGER NOT NULL DEFAULT 0,
  "failed" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "finished_at" TIMESTAMPTZ(3),
  CONSTRAINT "jobs_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "workers" (
  "id" TEXT NOT NULL,
  "host" TEXT NOT NULL,
  "mode" TEXT NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "heard_at" TIMESTAMPTZ(3) NOT NULL,
  "feed_cursor" TEXT,
  "applied_rows" BIGINT[] NOT NULL DEFAULT ARRAY[]::BIGINT[],
  "interfaces" JSONB NOT NULL DEFAULT '[]',
  "ports" JSONB NOT NULL DEFAULT '{}',
  "public_base" TEXT,
  CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "sites" ADD CONSTRAINT "sites_root_id_fkey" FOREIGN KEY ("root_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sites" ADD CONSTRAINT "sites_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sites" ADD CONSTRAINT "sites_default_registrar_id_fkey" FOREIGN KEY ("default_registrar_id") REFERENCES "registrars"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "registrars" ADD CONSTRAINT "registrars_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_registrar_id_fkey" FOREIGN KEY ("registrar_id") REFERENCES "registrars"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "devices" ADD CONSTRAINT "devices_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "devices" ADD CONSTRAINT "devices_model_slug_fkey" FOREIGN KEY ("model_slug") REFERENCES "models"("slug") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "lines" ADD CONSTRAINT "lines_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "lines" ADD CONSTRAINT "lines_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "line_keys" ADD CONSTRAINT "line_keys_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "modules" ADD CONSTRAINT "modules_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "settings" ADD CONSTRAINT "settings_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "settings" ADD CONSTRAINT "settings_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "profile_rules" ADD CONSTRAINT "profile_rules_match_site_id_fkey" FOREIGN KEY ("match_site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "profile_rules" ADD CONSTRAINT "profile_rules_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "templates" ADD CONSTRAINT "templates_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "template_versions" ADD CONSTRAINT "template_versions_template_id_fkey" FOREIGN KEY ("template_id") REFERENCES "templates"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "phonebooks" ADD CONSTRAINT "phonebooks_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "phonebooks" ADD CONSTRAINT "phonebooks_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contact_groups" ADD CONSTRAINT "contact_groups_phonebook_id_fkey" FOREIGN KEY ("phonebook_id") REFERENCES "phonebooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_phonebook_id_fkey" FOREIGN KEY ("phonebook_id") REFERENCES "phonebooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "contact_groups"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "grants" ADD CONSTRAINT "grants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "grants" ADD CONSTRAINT "grants_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "device_files" ADD CONSTRAINT "device_files_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "site_files" ADD CONSTRAINT "site_files_site_id_fkey" FOREIGN KEY ("site_id") REFERENCES "sites"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "publications" ADD CONSTRAINT "publications_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What follows is what the Prisma schema has no words for.

-- Uniqueness that depends on other columns.
CREATE UNIQUE INDEX "devices_mac_in_use_key" ON "devices" ("mac") WHERE "state" <> 'retired';
CREATE UNIQUE INDEX "devices_external_id_key" ON "devices" ("root_id", "external_id")
  WHERE "external_id" IS NOT NULL AND "state" <> 'retired';
CREATE UNIQUE INDEX "accounts_external_id_key" ON "accounts" ("root_id", "external_id") WHERE "external_id" IS NOT NULL;
CREATE UNIQUE INDEX "sites_external_id_key" ON "sites" ("root_id", "external_id") WHERE "external_id" IS NOT NULL;
CREATE UNIQUE INDEX "registrars_external_id_key" ON "registrars" ("root_id", "external_id") WHERE "external_id" IS NOT NULL;
CREATE UNIQUE INDEX "templates_scope_key" ON "templates"
  ("name", "vendor", "models", COALESCE("site_id", '00000000-0000-0000-0000-000000000000'), "shipped");
CREATE UNIQUE INDEX "settings_owner_key" ON "settings" (
  "layer",
  COALESCE("site_id", "device_id", '00000000-0000-0000-0000-000000000000'),
  COALESCE("model_slug", ''),
  "kind",
  COALESCE("vendor", ''),
  "key"
);

-- Search by the first or last digits of a MAC, by label and by extension, in any collation.
CREATE INDEX "devices_mac_start_idx" ON "devices" (("mac"::text) text_pattern_ops);
CREATE INDEX "devices_mac_end_idx" ON "devices" (reverse("mac"::text) text_pattern_ops);
CREATE INDEX "devices_label_idx" ON "devices" (lower("label") text_pattern_ops);
CREATE INDEX "devices_person_idx" ON "devices" (lower("person") text_pattern_ops);
CREATE INDEX "accounts_user_name_start_idx" ON "accounts" ("user_name" text_pattern_ops);

-- Orders of lists, read page by page.
CREATE INDEX "devices_by_label_idx" ON "devices" (lower(COALESCE("label", '')), "id");
CREATE INDEX "devices_by_last_seen_idx" ON "devices" (COALESCE("last_seen_at", '-infinity') DESC, "id");

-- The few rows of a large table that somebody waits for.
CREATE INDEX "devices_version_moved_idx" ON "devices" ("id") WHERE "version" <> "compiled_version" AND "state" <> 'discovered';
CREATE INDEX "devices_failing_idx" ON "devices" ("id") WHERE "publication_state" = 'failing';
CREATE INDEX "devices_discovered_idx" ON "devices" ("site_id", "last_seen_at") WHERE "state" = 'discovered';
CREATE INDEX "catalog_changes_unswept_idx" ON "catalog_changes" ("revision") WHERE NOT "swept";
CREATE INDEX "jobs_running_idx" ON "jobs" ("created_at") WHERE "state" = 'running';

-- Words that the code knows; a row that says anything else is a mistake.
ALTER TABLE "installation" ADD CONSTRAINT "installation_is_one_row" CHECK ("id" = 1);
ALTER TABLE "sites"
  ADD CONSTRAINT "sites_kind_check" CHECK ("kind" IN ('reseller', 'customer', 'location')),
  ADD CONSTRAINT "sites_path_check" CHECK ("path"[1] = "root_id" AND "path"[cardinality("path")] = "id");
ALTER TABLE "registrars"
  ADD CONSTRAINT "registrars_transport_check" CHECK ("transport" IN ('udp', 'tcp', 'tls')),
  ADD CONSTRAINT "registrars_srtp_check" CHECK ("srtp" IN ('off', 'optional', 'required')),
  ADD CONSTRAINT "registrars_port_check" CHECK ("port" BETWEEN 1 AND 65535);
ALTER TABLE "devices"
  ADD CONSTRAINT "devices_mac_check" CHECK ("mac"::text ~ '^[0-9a-f]{12}$'),
  ADD CONSTRAINT "devices_state_check" CHECK ("state" IN ('discovered', 'active', 'suspended', 'retired')),
  ADD CONSTRAINT "devices_publication_state_check" CHECK ("publication_state" IN ('queued', 'published', 'failing'));
ALTER TABLE "lines" ADD CONSTRAINT "lines_index_check" CHECK ("index" > 0);
ALTER TABLE "line_keys"
  ADD CONSTRAINT "line_keys_index_check" CHECK ("index" > 0 AND "module" >= 0),
  ADD CONSTRAINT "line_keys_type_check" CHECK ("type" IN ('none', 'line', 'blf', 'speed-dial', 'park', 'intercom',
    'dtmf', 'dnd', 'pickup', 'group-pickup', 'hold', 'paging'));
ALTER TABLE "modules" ADD CONSTRAINT "modules_index_check" CHECK ("index" > 0);
ALTER TABLE "settings"
  ADD CONSTRAINT "settings_kind_check" CHECK ("kind" IN ('variable', 'parameter')),
  ADD CONSTRAINT "settings_value_check" CHECK ("value" IS NULL OR "sealed" IS NULL),
  ADD CONSTRAINT "settings_owner_check" CHECK (CASE "layer"
    WHEN 'global' THEN num_nonnulls("model_slug", "site_id", "device_id") = 0
    WHEN 'model' THEN "model_slug" IS NOT NULL AND num_nonnulls("site_id", "device_id") = 0
    WHEN 'site' THEN "site_id" IS NOT NULL AND num_nonnulls("model_slug", "device_id") = 0
    WHEN 'device' THEN "device_id" IS NOT NULL AND num_nonnulls("model_slug", "site_id") = 0
    ELSE false
  END);
ALTER TABLE "profile_rules" ADD CONSTRAINT "profile_rules_unknown_check" CHECK ("unknown" IN ('ignore', 'discover', 'add'));
ALTER TABLE "templates"
  ADD CONSTRAINT "templates_kind_check" CHECK ("kind" IN ('cfg', 'boot')),
  ADD CONSTRAINT "templates_mode_check" CHECK ("mode" IN ('merge', 'replace'));
ALTER TABLE "grants" ADD CONSTRAINT "grants_role_check" CHECK ("role" IN ('admin', 'reseller', 'helpdesk', 'read-only'));
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_scopes_check"
  CHECK ("scopes" <@ ARRAY['read', 'operate', 'write', 'reveal', 'admin']);
ALTER TABLE "device_files" ADD CONSTRAINT "device_files_role_check" CHECK ("role" IN ('main', 'boot', 'common'));
ALTER TABLE "site_publications" ADD CONSTRAINT "site_publications_state_check"
  CHECK ("publication_state" IN ('queued', 'published', 'failing'));
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_state_check" CHECK ("state" IN ('running', 'done'));

-- Events: one partition for each day, and one for whatever no day takes (a worker whose clock is wrong).
CREATE TABLE "events_default" PARTITION OF "events" DEFAULT;

-- Makes the partitions from yesterday to `days_ahead` days from now. Rows that the default partition took in meanwhile move.
CREATE FUNCTION ensure_event_partitions(days_ahead integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  today date := (now() AT TIME ZONE 'UTC')::date;
  day date;
  partition_name text;
  starts timestamptz;
  ends timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('provost event partitions'));
  FOR day IN SELECT generate_series(today - 1, today + days_ahead, interval '1 day')::date LOOP
    partition_name := 'events_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(partition_name) IS NOT NULL;
    starts := day::timestamp AT TIME ZONE 'UTC';
    ends := (day + 1)::timestamp AT TIME ZONE 'UTC';
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    EXECUTE format(
      'WITH moved AS (DELETE FROM events_default WHERE at >= %L AND at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
      starts, ends, partition_name);
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition_name, starts, ends);
  END LOOP;
END $$;

-- Drops the partitions of days that ended more than `keep_days` days ago, and such rows of the default partition.
CREATE FUNCTION drop_event_partitions(keep_days integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  last_kept date := (now() AT TIME ZONE 'UTC')::date - keep_days;
  partition_name text;
  dropped integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('provost event partitions'));
  FOR partition_name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_\d{8}$'
      AND to_date(right(c.relname, 8), 'YYYYMMDD') < last_kept
  LOOP
    EXECUTE format('DROP TABLE %I', partition_name);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM events_default WHERE at < last_kept::timestamp AT TIME ZONE 'UTC';
  RETURN dropped;
END $$;

SELECT ensure_event_partitions(7);

-- The change feed. Whoever writes, a trigger tells; one row for each thing that changed in a transaction.
CREATE FUNCTION write_feed_row(changed_kind text, changed_key text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO feed (kind, key) VALUES (changed_kind, changed_key) ON CONFLICT (xid, kind, key, at) DO NOTHING;
$$;

-- Postgres sends equal notifications of one transaction once.
CREATE FUNCTION wake_feed_readers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('provost_feed', '');
  RETURN NULL;
END $$;
CREATE TRIGGER "feed_wake" AFTER INSERT ON "feed" FOR EACH STATEMENT EXECUTE FUNCTION wake_feed_readers();

CREATE FUNCTION raise_served_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.served_version := OLD.served_version + 1;
  RETURN NEW;
END $$;

CREATE FUNCTION feed_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_feed_row('device', COALESCE(NEW.id, OLD.id)::text);
  RETURN NULL;
END $$;
-- Only what workers see of a device; when it was last seen, fetched or compiled is not.
CREATE TRIGGER "devices_served" BEFORE UPDATE ON "devices" FOR EACH ROW
  WHEN ((OLD.mac, OLD.state, OLD.vendor, OLD.model_slug, OLD.site_id, OLD.root_id, OLD.tags, OLD.sealed_token,
         OLD.token_lookup, OLD.previous_token_lookup, OLD.revision)
    IS DISTINCT FROM
        (NEW.mac, NEW.state, NEW.vendor, NEW.model_slug, NEW.site_id, NEW.root_id, NEW.tags, NEW.sealed_token,
         NEW.token_lookup, NEW.previous_token_lookup, NEW.revision))
  EXECUTE FUNCTION raise_served_version();
-- Phones that nobody entered are unknown to workers.
CREATE TRIGGER "devices_feed_insert" AFTER INSERT ON "devices" FOR EACH ROW
  WHEN (NEW.state <> 'discovered') EXECUTE FUNCTION feed_device();
CREATE TRIGGER "devices_feed_update" AFTER UPDATE ON "devices" FOR EACH ROW
  WHEN (OLD.served_version <> NEW.served_version AND (OLD.state <> 'discovered' OR NEW.state <> 'discovered'))
  EXECUTE FUNCTION feed_device();
CREATE TRIGGER "devices_feed_delete" AFTER DELETE ON "devices" FOR EACH ROW
  WHEN (OLD.state <> 'discovered') EXECUTE FUNCTION feed_device();

CREATE FUNCTION touch_devices_of_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE devices SET served_version = served_version + 1 WHERE id IN (SELECT device_id FROM changed_files);
  RETURN NULL;
END $$;
CREATE FUNCTION touch_devices_of_updated_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE devices SET served_version = served_version + 1 WHERE id IN (
    SELECT a.device_id FROM files_after a JOIN files_before b USING (device_id, name)
    WHERE (a.role, a.address, a.etag, a.bytes, a.content_type)
      IS DISTINCT FROM (b.role, b.address, b.etag, b.bytes, b.content_type));
  RETURN NULL;
END $$;
CREATE TRIGGER "device_files_insert" AFTER INSERT ON "device_files" REFERENCING NEW TABLE AS changed_files
  FOR EACH STATEMENT EXECUTE FUNCTION touch_devices_of_files();
CREATE TRIGGER "device_files_delete" AFTER DELETE ON "device_files" REFERENCING OLD TABLE AS changed_files
  FOR EACH STATEMENT EXECUTE FUNCTION touch_devices_of_files();
CREATE TRIGGER "device_files_update" AFTER UPDATE ON "device_files"
  REFERENCING OLD TABLE AS files_before NEW TABLE AS files_after
  FOR EACH STATEMENT EXECUTE FUNCTION touch_devices_of_updated_files();

CREATE FUNCTION feed_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_feed_row('site', COALESCE(NEW.id, OLD.id)::text);
  RETURN NULL;
END $$;
CREATE TRIGGER "sites_served" BEFORE UPDATE ON "sites" FOR EACH ROW
  WHEN ((OLD.root_id, OLD.parent_id, OLD.slug, OLD.name, OLD.networks, OLD.public_base, OLD.bootstrap_code,
         OLD.common_files_for, OLD.enrolment_until)
    IS DISTINCT FROM
        (NEW.root_id, NEW.parent_id, NEW.slug, NEW.name, NEW.networks, NEW.public_base, NEW.bootstrap_code,
         NEW.common_files_for, NEW.enrolment_until))
  EXECUTE FUNCTION raise_served_version();
CREATE TRIGGER "sites_feed" AFTER INSERT OR DELETE ON "sites" FOR EACH ROW EXECUTE FUNCTION feed_site();
CREATE TRIGGER "sites_feed_update" AFTER UPDATE ON "sites" FOR EACH ROW
  WHEN (OLD.served_version <> NEW.served_version) EXECUTE FUNCTION feed_site();

CREATE FUNCTION touch_sites_of_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sites SET served_version = served_version + 1 WHERE id IN (SELECT site_id FROM changed_files);
  RETURN NULL;
END $$;
CREATE FUNCTION touch_sites_of_updated_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sites SET served_version = served_version + 1 WHERE id IN (
    SELECT a.site_id FROM files_after a JOIN files_before b USING (site_id, vendor, name)
    WHERE (a.role, a.address, a.etag, a.bytes, a.content_type)
      IS DISTINCT FROM (b.role, b.address, b.etag, b.bytes, b.content_type));
  RETURN NULL;
END $$;
CREATE TRIGGER "site_files_insert" AFTER INSERT ON "site_files" REFERENCING NEW TABLE AS changed_files
  FOR EACH STATEMENT EXECUTE FUNCTION touch_sites_of_files();
CREATE TRIGGER "site_files_delete" AFTER DELETE ON "site_files" REFERENCING OLD TABLE AS changed_files
  FOR EACH STATEMENT EXECUTE FUNCTION touch_sites_of_files();
CREATE TRIGGER "site_files_update" AFTER UPDATE ON "site_files"
  REFERENCING OLD TABLE AS files_before NEW TABLE AS files_after
  FOR EACH STATEMENT EXECUTE FUNCTION touch_sites_of_updated_files();

CREATE FUNCTION feed_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_feed_row('rule', COALESCE(NEW.id, OLD.id)::text);
  RETURN NULL;
END $$;
CREATE TRIGGER "profile_rules_feed" AFTER INSERT OR DELETE ON "profile_rules" FOR EACH ROW EXECUTE FUNCTION feed_rule();
CREATE TRIGGER "profile_rules_feed_update" AFTER UPDATE ON "profile_rules" FOR EACH ROW
  WHEN ((OLD.name, OLD."order", OLD.enabled, OLD.match, OLD.url, OLD.unknown, OLD.site_id, OLD.model_slug, OLD.version)
    IS DISTINCT FROM
        (NEW.name, NEW."order", NEW.enabled, NEW.match, NEW.url, NEW.unknown, NEW.site_id, NEW.model_slug, NEW.version))
  EXECUTE FUNCTION feed_rule();

CREATE FUNCTION feed_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_feed_row('model', COALESCE(NEW.slug, OLD.slug));
  RETURN NULL;
END $$;
CREATE TRIGGER "models_feed" AFTER INSERT OR DELETE ON "models" FOR EACH ROW EXECUTE FUNCTION feed_model();
CREATE TRIGGER "models_feed_update" AFTER UPDATE ON "models" FOR EACH ROW
  WHEN ((OLD.vendor, OLD.name, OLD.spellings, OLD.overlay) IS DISTINCT FROM (NEW.vendor, NEW.name, NEW.spellings, NEW.overlay))
  EXECUTE FUNCTION feed_model();

-- Every pair of site and vendor that has a phone, or answers for one, gets common files of its own.
CREATE FUNCTION want_site_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO site_publications (site_id, vendor, root_id) VALUES (NEW.site_id, NEW.vendor, NEW.root_id)
  ON CONFLICT (site_id, vendor) DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER "devices_want_common_files" AFTER INSERT OR UPDATE OF "site_id", "vendor", "state" ON "devices" FOR EACH ROW
  WHEN (NEW.vendor IS NOT NULL AND NEW.state IN ('active', 'suspended')) EXECUTE FUNCTION want_site_publication();
CREATE FUNCTION want_common_files_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO site_publications (site_id, vendor, root_id) VALUES (NEW.id, NEW.common_files_for, NEW.root_id)
  ON CONFLICT (site_id, vendor) DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER "sites_want_common_files" AFTER INSERT OR UPDATE OF "common_files_for" ON "sites" FOR EACH ROW
  WHEN (NEW.common_files_for IS NOT NULL) EXECUTE FUNCTION want_common_files_for();

-- Which database this is. A copy, a restore or a promoted standby differs in one of the four, and readers start over.
CREATE FUNCTION feed_epoch() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  system_part text := 'unknown';
  timeline_part text := 'unknown';
BEGIN
  BEGIN
    system_part := (SELECT system_identifier::text FROM pg_control_system());
  EXCEPTION WHEN insufficient_privilege THEN
    system_part := 'hidden';
  END;
  BEGIN
    timeline_part := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
  EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
    timeline_part := 'hidden';
  END;
  RETURN concat_ws('/', system_part, timeline_part,
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    (SELECT feed_epoch FROM installation));
END $$;
