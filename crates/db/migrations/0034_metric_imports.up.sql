-- A network's own export of numbers waits here, row by row with what was found, until somebody decides.
CREATE TABLE analytics.metric_imports (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    file_name varchar(255) NOT NULL,
    file_hash bytea NOT NULL,
    file_size integer NOT NULL,
    separator text NOT NULL,
    source text NOT NULL,
    headings jsonb NOT NULL,
    mapping jsonb NOT NULL,
    integration_id uuid,
    state text NOT NULL,
    rows_total integer NOT NULL,
    rows_done integer NOT NULL DEFAULT 0,
    ready_count integer NOT NULL DEFAULT 0,
    broken_count integer NOT NULL DEFAULT 0,
    skipped_count integer NOT NULL DEFAULT 0,
    content_count integer NOT NULL DEFAULT 0,
    written_count integer NOT NULL DEFAULT 0,
    created_by uuid,
    applied_at timestamptz,
    applied_by uuid,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT metric_imports_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT metric_imports_file_check CHECK (octet_length(file_hash) = 32 AND file_size >= 0),
    CONSTRAINT metric_imports_separator_check CHECK (separator IN ('comma', 'semicolon', 'tab')),
    CONSTRAINT metric_imports_source_check CHECK (source IN ('facebook', 'instagram', 'linkedin', 'twitter', 'youtube', 'other')),
    CONSTRAINT metric_imports_headings_check CHECK (jsonb_typeof(headings) = 'array' AND jsonb_typeof(mapping) = 'object'),
    CONSTRAINT metric_imports_state_check CHECK (state IN ('reading', 'ready', 'applying', 'applied') AND (state = 'applied') = (applied_at IS NOT NULL)),
    CONSTRAINT metric_imports_counts_check CHECK (least(rows_total, rows_done, ready_count, broken_count, skipped_count, content_count, written_count) >= 0),
    CONSTRAINT metric_imports_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT metric_imports_integration_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT metric_imports_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT metric_imports_applied_by_fkey FOREIGN KEY (applied_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.metric_imports IS 'A network''s own export of numbers that somebody uploaded: first a preview, after the decision the record of what was stored.';
COMMENT ON COLUMN analytics.metric_imports.id IS 'Its id.';
COMMENT ON COLUMN analytics.metric_imports.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.metric_imports.file_name IS 'The name that the file had.';
COMMENT ON COLUMN analytics.metric_imports.file_hash IS 'SHA-256 of its bytes.';
COMMENT ON COLUMN analytics.metric_imports.file_size IS 'Its bytes.';
COMMENT ON COLUMN analytics.metric_imports.separator IS 'What stands between its cells: comma, semicolon or tab.';
COMMENT ON COLUMN analytics.metric_imports.source IS 'Whose export it was taken for: facebook, instagram, linkedin, twitter, youtube or other.';
COMMENT ON COLUMN analytics.metric_imports.headings IS 'Its headings in order, as they were written.';
COMMENT ON COLUMN analytics.metric_imports.mapping IS 'Which column is what, and how numbers and days are written; a person may change it.';
COMMENT ON COLUMN analytics.metric_imports.integration_id IS 'The account whose numbers these are; NULL until somebody says.';
COMMENT ON COLUMN analytics.metric_imports.state IS 'reading: rows are examined; ready: somebody decides; applying: rows are stored; applied: all are.';
COMMENT ON COLUMN analytics.metric_imports.rows_total IS 'Rows of the file.';
COMMENT ON COLUMN analytics.metric_imports.rows_done IS 'Rows that the state is through with.';
COMMENT ON COLUMN analytics.metric_imports.ready_count IS 'Rows that nothing stands against.';
COMMENT ON COLUMN analytics.metric_imports.broken_count IS 'Rows that something stands against.';
COMMENT ON COLUMN analytics.metric_imports.skipped_count IS 'Rows that are no item: sums of all.';
COMMENT ON COLUMN analytics.metric_imports.content_count IS 'Items that were not known before the import.';
COMMENT ON COLUMN analytics.metric_imports.written_count IS 'Rows of numbers that were new or changed.';
COMMENT ON COLUMN analytics.metric_imports.created_by IS 'Who uploaded it; NULL for a program, or after erasure.';
COMMENT ON COLUMN analytics.metric_imports.applied_at IS 'When all was stored.';
COMMENT ON COLUMN analytics.metric_imports.applied_by IS 'Who decided; NULL for a program, or after erasure.';
COMMENT ON COLUMN analytics.metric_imports.expires_at IS 'When a preview, or the rows of an import, are deleted.';
COMMENT ON COLUMN analytics.metric_imports.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.metric_imports.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.metric_imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.metric_imports FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.metric_imports
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.metric_imports TO rookery_api, rookery_worker;

CREATE TABLE analytics.metric_import_rows (
    organization_id uuid NOT NULL,
    import_id uuid NOT NULL,
    line integer NOT NULL,
    cells jsonb NOT NULL,
    state text NOT NULL DEFAULT 'new',
    external_content_id text,
    date date,
    reading jsonb,
    findings jsonb NOT NULL DEFAULT '[]',
    CONSTRAINT metric_import_rows_pkey PRIMARY KEY (organization_id, import_id, line),
    CONSTRAINT metric_import_rows_state_check CHECK (state IN ('new', 'ready', 'broken', 'skipped', 'applied')),
    CONSTRAINT metric_import_rows_json_check CHECK (jsonb_typeof(cells) = 'array' AND jsonb_typeof(findings) = 'array'),
    CONSTRAINT metric_import_rows_ready_check CHECK (state NOT IN ('ready', 'applied') OR (external_content_id IS NOT NULL AND date IS NOT NULL AND reading IS NOT NULL)),
    CONSTRAINT metric_import_rows_import_fkey FOREIGN KEY (organization_id, import_id) REFERENCES analytics.metric_imports (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.metric_import_rows IS 'A row of an uploaded export of numbers, and what it would store.';
COMMENT ON COLUMN analytics.metric_import_rows.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.metric_import_rows.import_id IS 'The file.';
COMMENT ON COLUMN analytics.metric_import_rows.line IS 'The line of the file in which the row begins; the first is 1.';
COMMENT ON COLUMN analytics.metric_import_rows.cells IS 'Its cells in order, as they were written.';
COMMENT ON COLUMN analytics.metric_import_rows.state IS 'new: not examined; ready; broken; skipped: no item; applied: stored.';
COMMENT ON COLUMN analytics.metric_import_rows.external_content_id IS 'The id of the item that the row is about.';
COMMENT ON COLUMN analytics.metric_import_rows.date IS 'The day under which its numbers would stand.';
COMMENT ON COLUMN analytics.metric_import_rows.reading IS 'What would be stored: the item and its numbers.';
COMMENT ON COLUMN analytics.metric_import_rows.findings IS 'What was found: column, code, severity, message.';
ALTER TABLE analytics.metric_import_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.metric_import_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.metric_import_rows
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.metric_import_rows TO rookery_api, rookery_worker;

CREATE INDEX idx_metric_imports_org ON analytics.metric_imports (organization_id, created_at DESC, id DESC);
CREATE INDEX idx_metric_imports_integration ON analytics.metric_imports (organization_id, integration_id);
CREATE INDEX idx_metric_imports_created_by ON analytics.metric_imports (created_by);
CREATE INDEX idx_metric_imports_applied_by ON analytics.metric_imports (applied_by);
CREATE INDEX idx_metric_import_rows_ready ON analytics.metric_import_rows (organization_id, import_id, date, line) WHERE state = 'ready';
-- Items are recognized by their address where a network's export names them by another id than its API.
CREATE INDEX idx_content_permalink ON analytics.content (organization_id, integration_id, permalink) WHERE permalink IS NOT NULL;
