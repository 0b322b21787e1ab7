-- Notes on charts: what else happened on a day.
CREATE TABLE analytics.annotations (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    date date NOT NULL,
    text varchar(200) NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT annotations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT annotations_text_check CHECK (btrim(text) <> ''),
    CONSTRAINT annotations_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT annotations_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.annotations IS 'Notes that people put on days of charts.';
COMMENT ON COLUMN analytics.annotations.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.annotations.id IS 'Its id.';
COMMENT ON COLUMN analytics.annotations.date IS 'The day.';
COMMENT ON COLUMN analytics.annotations.text IS 'What happened.';
COMMENT ON COLUMN analytics.annotations.created_by IS 'Who wrote it; NULL is a program, or a person who is gone.';
COMMENT ON COLUMN analytics.annotations.created_at IS 'When it was written.';
CREATE INDEX idx_annotations_date ON analytics.annotations (organization_id, date);
ALTER TABLE analytics.annotations ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.annotations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.annotations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.annotations TO rookery_api, rookery_worker;
