-- How long things are kept, where archived rows went, backups and trial restores.

CREATE TABLE governance.retention_policies (
    organization_id uuid NOT NULL,
    entity text NOT NULL,
    keep_days integer,
    format text NOT NULL DEFAULT 'jsonl.gz',
    hold_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT retention_policies_pkey PRIMARY KEY (organization_id, entity),
    CONSTRAINT retention_policies_keep_days_check CHECK (keep_days >= 1),
    CONSTRAINT retention_policies_format_check CHECK (format IN ('jsonl.gz', 'csv.gz')),
    CONSTRAINT retention_policies_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE governance.retention_policies IS 'How long an organization keeps what; a missing row means the built-in default.';
COMMENT ON COLUMN governance.retention_policies.organization_id IS 'The organization.';
COMMENT ON COLUMN governance.retention_policies.entity IS 'schema.table.';
COMMENT ON COLUMN governance.retention_policies.keep_days IS 'Days that rows are kept; NULL = for ever.';
COMMENT ON COLUMN governance.retention_policies.format IS 'How they are archived: jsonl.gz or csv.gz.';
COMMENT ON COLUMN governance.retention_policies.hold_reason IS 'While set, nothing of this kind is archived or deleted.';
COMMENT ON COLUMN governance.retention_policies.created_at IS 'When the row was made.';
COMMENT ON COLUMN governance.retention_policies.updated_at IS 'When the row last changed.';
ALTER TABLE governance.retention_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance.retention_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON governance.retention_policies
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE governance.archives (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    entity text NOT NULL,
    source_table text NOT NULL,
    range_start timestamptz NOT NULL,
    range_end timestamptz NOT NULL,
    row_count bigint NOT NULL,
    location text NOT NULL,
    format text NOT NULL DEFAULT 'jsonl.gz',
    sha256 bytea NOT NULL,
    manifest jsonb NOT NULL DEFAULT '{}',
    verified_at timestamptz,
    dropped_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT archives_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT archives_source_table_range_start_range_end_key UNIQUE (organization_id, source_table, range_start, range_end),
    CONSTRAINT archives_range_check CHECK (range_end > range_start),
    CONSTRAINT archives_row_count_check CHECK (row_count >= 0),
    CONSTRAINT archives_sha256_check CHECK (octet_length(sha256) = 32),
    CONSTRAINT archives_format_check CHECK (format IN ('jsonl.gz', 'csv.gz')),
    CONSTRAINT archives_verified_before_dropped_check CHECK (dropped_at IS NULL OR verified_at IS NOT NULL),
    CONSTRAINT archives_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE governance.archives IS 'Rows that were written to a file, read back, and only then deleted.';
COMMENT ON COLUMN governance.archives.id IS 'Its id.';
COMMENT ON COLUMN governance.archives.organization_id IS 'The organization.';
COMMENT ON COLUMN governance.archives.entity IS 'Kind of row, schema.table.';
COMMENT ON COLUMN governance.archives.source_table IS 'Where the rows came from.';
COMMENT ON COLUMN governance.archives.range_start IS 'First moment of the range.';
COMMENT ON COLUMN governance.archives.range_end IS 'First moment after the range.';
COMMENT ON COLUMN governance.archives.row_count IS 'Rows in the file.';
COMMENT ON COLUMN governance.archives.location IS 'Path below the archive folder.';
COMMENT ON COLUMN governance.archives.format IS 'jsonl.gz or csv.gz.';
COMMENT ON COLUMN governance.archives.sha256 IS 'SHA-256 of the file.';
COMMENT ON COLUMN governance.archives.manifest IS 'Columns with their types, schema version, hash over the rows.';
COMMENT ON COLUMN governance.archives.verified_at IS 'When the file was read back and agreed.';
COMMENT ON COLUMN governance.archives.dropped_at IS 'When the rows were deleted.';
COMMENT ON COLUMN governance.archives.created_at IS 'When the row was made.';
ALTER TABLE governance.archives ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance.archives FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON governance.archives
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE governance.import_ids (
    organization_id uuid NOT NULL,
    source text NOT NULL,
    entity text NOT NULL,
    external_id text NOT NULL,
    internal_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT import_ids_pkey PRIMARY KEY (organization_id, source, entity, external_id),
    CONSTRAINT import_ids_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE governance.import_ids IS 'Which row became of an imported one.';
COMMENT ON COLUMN governance.import_ids.organization_id IS 'The organization.';
COMMENT ON COLUMN governance.import_ids.source IS 'Name of the system the data came from.';
COMMENT ON COLUMN governance.import_ids.entity IS 'Kind of row, schema.table.';
COMMENT ON COLUMN governance.import_ids.external_id IS 'Its id there.';
COMMENT ON COLUMN governance.import_ids.internal_id IS 'Our id.';
COMMENT ON COLUMN governance.import_ids.created_at IS 'When the row was made.';
ALTER TABLE governance.import_ids ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance.import_ids FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON governance.import_ids
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE governance.backups (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    ok boolean,
    location text,
    size_bytes bigint,
    sha256 bytea,
    encrypted boolean NOT NULL DEFAULT false,
    schema_version text,
    row_counts jsonb NOT NULL DEFAULT '{}',
    error_message text,
    CONSTRAINT backups_pkey PRIMARY KEY (id),
    CONSTRAINT backups_kind_check CHECK (kind in ('logical','base','wal_check'))
);
COMMENT ON TABLE governance.backups IS 'Backups that were made.';
COMMENT ON COLUMN governance.backups.id IS 'Its id.';
COMMENT ON COLUMN governance.backups.kind IS 'logical, base or wal_check.';
COMMENT ON COLUMN governance.backups.started_at IS 'Begin.';
COMMENT ON COLUMN governance.backups.finished_at IS 'End; NULL while it runs.';
COMMENT ON COLUMN governance.backups.ok IS 'Whether it succeeded; NULL while it runs.';
COMMENT ON COLUMN governance.backups.location IS 'Where it lies.';
COMMENT ON COLUMN governance.backups.size_bytes IS 'Size in bytes.';
COMMENT ON COLUMN governance.backups.sha256 IS 'SHA-256 of the file.';
COMMENT ON COLUMN governance.backups.encrypted IS 'Whether it is encrypted.';
COMMENT ON COLUMN governance.backups.schema_version IS 'Newest migration in it.';
COMMENT ON COLUMN governance.backups.row_counts IS 'Per table, for the restore test.';
COMMENT ON COLUMN governance.backups.error_message IS 'Why it failed.';

CREATE TABLE governance.restore_tests (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    backup_id uuid,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    ok boolean,
    checks jsonb NOT NULL DEFAULT '{}',
    seconds integer,
    CONSTRAINT restore_tests_pkey PRIMARY KEY (id),
    CONSTRAINT restore_tests_backup_fkey FOREIGN KEY (backup_id) REFERENCES governance.backups (id) ON DELETE SET NULL
);
COMMENT ON TABLE governance.restore_tests IS 'Trial restores and what they found.';
COMMENT ON COLUMN governance.restore_tests.id IS 'Its id.';
COMMENT ON COLUMN governance.restore_tests.backup_id IS 'The backup that was tried.';
COMMENT ON COLUMN governance.restore_tests.started_at IS 'Begin.';
COMMENT ON COLUMN governance.restore_tests.finished_at IS 'End; NULL while it runs.';
COMMENT ON COLUMN governance.restore_tests.ok IS 'Whether every check passed; NULL while it runs.';
COMMENT ON COLUMN governance.restore_tests.checks IS 'Name → passed, detail.';
COMMENT ON COLUMN governance.restore_tests.seconds IS 'Seconds until the database could be used.';

GRANT SELECT, INSERT, UPDATE, DELETE ON governance.retention_policies, governance.archives, governance.import_ids, governance.backups, governance.restore_tests TO rookery_api, rookery_worker;
