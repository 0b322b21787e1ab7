-- What arrived otherwise than it should while collecting and failed nothing: counted, and shown with the run.
ALTER TABLE analytics.ingest_runs ADD COLUMN oddities jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN analytics.ingest_runs.oddities IS 'How often what was odd, by kind and by the name of the field, number or zone: {"absent": {"reach": 3}}.';

-- What people tagged at once, so that it can be undone.
CREATE TABLE analytics.tag_changes (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    tag_id uuid NOT NULL,
    is_added boolean NOT NULL,
    content_ids uuid[] NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    CONSTRAINT tag_changes_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT tag_changes_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT tag_changes_tag_fkey FOREIGN KEY (organization_id, tag_id) REFERENCES analytics.tags (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT tag_changes_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.tag_changes IS 'The last times somebody put a tag on many items at once or took it off; only the newest are kept.';
COMMENT ON COLUMN analytics.tag_changes.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.tag_changes.id IS 'Its id.';
COMMENT ON COLUMN analytics.tag_changes.tag_id IS 'The tag.';
COMMENT ON COLUMN analytics.tag_changes.is_added IS 'Put on, or else taken off.';
COMMENT ON COLUMN analytics.tag_changes.content_ids IS 'The items that changed: those that did not bear it before, or did.';
COMMENT ON COLUMN analytics.tag_changes.created_by IS 'Who did it; NULL is a program, or a person who is gone.';
COMMENT ON COLUMN analytics.tag_changes.created_at IS 'When it was done.';
COMMENT ON COLUMN analytics.tag_changes.undone_at IS 'When it was undone.';
CREATE INDEX idx_tag_changes_tag ON analytics.tag_changes (organization_id, tag_id);
CREATE INDEX idx_tag_changes_newest ON analytics.tag_changes (organization_id, created_at DESC);
ALTER TABLE analytics.tag_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.tag_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.tag_changes
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.tag_changes TO rookery_api, rookery_worker;

-- Large files are read from where the last look ended, not counted through from their beginning.
ALTER TABLE analytics.metric_imports ADD COLUMN last_line integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN analytics.metric_imports.last_line IS 'The last line that was examined by the mapping as it is.';
