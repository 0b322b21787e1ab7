-- Large files arrive in pieces and go on after a broken connection or a killed process: what has arrived is written
-- down piece by piece. The pieces lie in the storage of media, so that any process can take the next one.
CREATE TYPE publishing.upload_state AS ENUM ('receiving', 'received', 'done', 'failed');

CREATE TABLE publishing.media_uploads (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    uploaded_by uuid,
    original_name varchar(500) NOT NULL,
    file_size bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    sha256 bytea,
    pieces text[] NOT NULL DEFAULT '{}',
    state publishing.upload_state NOT NULL DEFAULT 'receiving',
    asset_id uuid,
    failure text,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT media_uploads_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT media_uploads_sizes_check CHECK (file_size >= 0 AND received >= 0),
    CONSTRAINT media_uploads_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT media_uploads_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT media_uploads_asset_fkey FOREIGN KEY (organization_id, asset_id) REFERENCES publishing.media_assets (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.media_uploads IS 'A file on its way into the library, in pieces.';
COMMENT ON COLUMN publishing.media_uploads.id IS 'Its id.';
COMMENT ON COLUMN publishing.media_uploads.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.media_uploads.uploaded_by IS 'The person who uploads it; NULL after erasure.';
COMMENT ON COLUMN publishing.media_uploads.original_name IS 'Name on upload.';
COMMENT ON COLUMN publishing.media_uploads.file_size IS 'Bytes that were announced.';
COMMENT ON COLUMN publishing.media_uploads.received IS 'Bytes that have arrived; the next piece begins there.';
COMMENT ON COLUMN publishing.media_uploads.sha256 IS 'SHA-256 that was announced, if one was.';
COMMENT ON COLUMN publishing.media_uploads.pieces IS 'Keys of the pieces at the storage provider, in order.';
COMMENT ON COLUMN publishing.media_uploads.state IS 'How far.';
COMMENT ON COLUMN publishing.media_uploads.asset_id IS 'The file of the library that it became.';
COMMENT ON COLUMN publishing.media_uploads.failure IS 'Why it became none.';
COMMENT ON COLUMN publishing.media_uploads.expires_at IS 'When it is forgotten if nothing more arrives, with its pieces.';
COMMENT ON COLUMN publishing.media_uploads.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.media_uploads.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.media_uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.media_uploads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.media_uploads
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_media_uploads_uploaded_by ON publishing.media_uploads (uploaded_by);
CREATE INDEX idx_media_uploads_asset ON publishing.media_uploads (organization_id, asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX idx_media_uploads_expires ON publishing.media_uploads (organization_id, expires_at);
-- The library's order, newest first, without what was put away.
CREATE INDEX idx_assets_library ON publishing.media_assets (organization_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- What was put away and can be cleaned up.
CREATE INDEX idx_assets_deleted ON publishing.media_assets (organization_id, deleted_at) WHERE deleted_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.media_uploads TO rookery_api, rookery_worker;
