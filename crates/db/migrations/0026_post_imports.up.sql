-- A file of posts waits here, row by row with what was found, until somebody decides. What became a post stays, so that
-- the same line of the same file never becomes a second one.
CREATE TABLE publishing.post_imports (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    file_name varchar(255) NOT NULL,
    file_hash bytea NOT NULL,
    file_size integer NOT NULL,
    separator text NOT NULL,
    headings jsonb NOT NULL,
    time_zone text NOT NULL,
    created_by uuid,
    imported_count integer,
    applied_at timestamptz,
    applied_by uuid,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT post_imports_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT post_imports_file_check CHECK (octet_length(file_hash) = 32 AND file_size >= 0),
    CONSTRAINT post_imports_separator_check CHECK (separator IN ('comma', 'semicolon', 'tab')),
    CONSTRAINT post_imports_headings_check CHECK (jsonb_typeof(headings) = 'array'),
    CONSTRAINT post_imports_applied_check CHECK ((applied_at IS NULL) = (imported_count IS NULL)),
    CONSTRAINT post_imports_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT post_imports_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT post_imports_applied_by_fkey FOREIGN KEY (applied_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.post_imports IS 'A file of posts that somebody uploaded: first a preview, after the decision the record of what was made.';
COMMENT ON COLUMN publishing.post_imports.id IS 'Its id.';
COMMENT ON COLUMN publishing.post_imports.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.post_imports.file_name IS 'The name that the file had.';
COMMENT ON COLUMN publishing.post_imports.file_hash IS 'SHA-256 of its bytes.';
COMMENT ON COLUMN publishing.post_imports.file_size IS 'Its bytes.';
COMMENT ON COLUMN publishing.post_imports.separator IS 'What stands between its cells: comma, semicolon or tab.';
COMMENT ON COLUMN publishing.post_imports.headings IS 'Its headings in order, as they were written.';
COMMENT ON COLUMN publishing.post_imports.time_zone IS 'The zone of local times without one of their own: the organization''s at the upload.';
COMMENT ON COLUMN publishing.post_imports.created_by IS 'Who uploaded it; NULL for a program, or after erasure.';
COMMENT ON COLUMN publishing.post_imports.imported_count IS 'Posts that were made; NULL while nobody decided.';
COMMENT ON COLUMN publishing.post_imports.applied_at IS 'When they were made.';
COMMENT ON COLUMN publishing.post_imports.applied_by IS 'Who decided; NULL for a program, or after erasure.';
COMMENT ON COLUMN publishing.post_imports.expires_at IS 'When a preview, or the rows left out, are deleted.';
COMMENT ON COLUMN publishing.post_imports.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.post_imports.updated_at IS 'When the row last changed.';

CREATE TABLE publishing.post_import_rows (
    organization_id uuid NOT NULL,
    import_id uuid NOT NULL,
    line integer NOT NULL,
    cells jsonb NOT NULL,
    summary jsonb NOT NULL,
    findings jsonb NOT NULL,
    is_ready boolean NOT NULL,
    row_key bytea NOT NULL,
    content_key bytea NOT NULL,
    post_id uuid,
    CONSTRAINT post_import_rows_pkey PRIMARY KEY (organization_id, import_id, line),
    CONSTRAINT post_import_rows_keys_check CHECK (octet_length(row_key) = 32 AND octet_length(content_key) = 32),
    CONSTRAINT post_import_rows_json_check CHECK (jsonb_typeof(cells) = 'array' AND jsonb_typeof(findings) = 'array'),
    CONSTRAINT post_import_rows_import_fkey FOREIGN KEY (organization_id, import_id) REFERENCES publishing.post_imports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT post_import_rows_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.post_import_rows IS 'A row of an uploaded file, and the post it became.';
COMMENT ON COLUMN publishing.post_import_rows.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.post_import_rows.import_id IS 'The file.';
COMMENT ON COLUMN publishing.post_import_rows.line IS 'The line of the file in which the row begins; the first is 1.';
COMMENT ON COLUMN publishing.post_import_rows.cells IS 'Its cells in order, as they were written.';
COMMENT ON COLUMN publishing.post_import_rows.summary IS 'What it would become: excerpt, accounts, time.';
COMMENT ON COLUMN publishing.post_import_rows.findings IS 'What was found: column, code, severity, message, suggestion.';
COMMENT ON COLUMN publishing.post_import_rows.is_ready IS 'Whether nothing stands against it.';
COMMENT ON COLUMN publishing.post_import_rows.row_key IS 'SHA-256 over the file''s digest and the line: no two posts come from the same one.';
COMMENT ON COLUMN publishing.post_import_rows.content_key IS 'SHA-256 over what the cells say, to recognize a row in another file.';
COMMENT ON COLUMN publishing.post_import_rows.post_id IS 'The post that it became.';
CREATE INDEX idx_post_imports_org ON publishing.post_imports (organization_id, created_at DESC, id DESC);
CREATE INDEX idx_post_imports_created_by ON publishing.post_imports (created_by);
CREATE INDEX idx_post_imports_applied_by ON publishing.post_imports (applied_by);
CREATE UNIQUE INDEX post_import_rows_row_key ON publishing.post_import_rows (organization_id, row_key) WHERE post_id IS NOT NULL;
CREATE INDEX idx_post_import_rows_content ON publishing.post_import_rows (organization_id, content_key) WHERE post_id IS NOT NULL;
CREATE INDEX idx_post_import_rows_post ON publishing.post_import_rows (organization_id, post_id) WHERE post_id IS NOT NULL;
ALTER TABLE publishing.post_imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.post_imports FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.post_imports
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
ALTER TABLE publishing.post_import_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.post_import_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.post_import_rows
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.post_imports, publishing.post_import_rows TO rookery_api, rookery_worker;
