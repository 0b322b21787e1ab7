-- Posts that come back. `schedule_templates` (S2) says when and not what; here a template post is repeated by a rule, and
-- every day of the rule becomes an ordinary post.
CREATE TABLE publishing.recurring_posts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    template_post_id uuid NOT NULL,
    rule jsonb NOT NULL,
    state text NOT NULL DEFAULT 'active',
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recurring_posts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT recurring_posts_state_check CHECK (state IN ('active', 'paused', 'stopped')),
    CONSTRAINT recurring_posts_rule_check CHECK (jsonb_typeof(rule) = 'object'),
    CONSTRAINT recurring_posts_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT recurring_posts_template_fkey FOREIGN KEY (organization_id, template_post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT recurring_posts_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.recurring_posts IS 'A template and a rule from which posts are made again and again.';
COMMENT ON COLUMN publishing.recurring_posts.id IS 'Its id.';
COMMENT ON COLUMN publishing.recurring_posts.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.recurring_posts.template_post_id IS 'The draft whose content and accounts its posts take; it is never published itself.';
COMMENT ON COLUMN publishing.recurring_posts.rule IS 'Rhythm, minute of the day, first day, end and cool-down in days; days are those of the organization''s zone.';
COMMENT ON COLUMN publishing.recurring_posts.state IS 'active, paused or stopped; stopped is for good.';
COMMENT ON COLUMN publishing.recurring_posts.created_by IS 'Who made it; NULL for a program, or after erasure.';
COMMENT ON COLUMN publishing.recurring_posts.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.recurring_posts.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.recurring_posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.recurring_posts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.recurring_posts
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE UNIQUE INDEX idx_recurring_posts_template ON publishing.recurring_posts (organization_id, template_post_id) WHERE state <> 'stopped';
CREATE INDEX idx_recurring_posts_created_by ON publishing.recurring_posts (created_by);
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.recurring_posts TO rookery_api, rookery_worker;

CREATE TABLE publishing.recurring_occurrences (
    organization_id uuid NOT NULL,
    recurring_post_id uuid NOT NULL,
    occurs_on date NOT NULL,
    due_at timestamptz NOT NULL,
    state text NOT NULL,
    post_id uuid,
    message text,
    template_revision integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recurring_occurrences_pkey PRIMARY KEY (organization_id, recurring_post_id, occurs_on),
    CONSTRAINT recurring_occurrences_state_check CHECK (state IN ('made', 'cooling_down', 'refused')),
    CONSTRAINT recurring_occurrences_post_check CHECK ((state = 'made') = (post_id IS NOT NULL)),
    CONSTRAINT recurring_occurrences_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT recurring_occurrences_recurring_fkey FOREIGN KEY (organization_id, recurring_post_id) REFERENCES publishing.recurring_posts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.recurring_occurrences IS 'What became of a day of a recurring post. The day is the key, so it is made once.';
COMMENT ON COLUMN publishing.recurring_occurrences.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.recurring_occurrences.recurring_post_id IS 'The recurring post.';
COMMENT ON COLUMN publishing.recurring_occurrences.occurs_on IS 'The day, in the organization''s zone.';
COMMENT ON COLUMN publishing.recurring_occurrences.due_at IS 'The moment of its post.';
COMMENT ON COLUMN publishing.recurring_occurrences.state IS 'made, cooling_down (the same words are too near) or refused (the post could not be planned).';
COMMENT ON COLUMN publishing.recurring_occurrences.post_id IS 'Its post. No reference: a post that a person deletes is not made again.';
COMMENT ON COLUMN publishing.recurring_occurrences.message IS 'Why there is no post, in words.';
COMMENT ON COLUMN publishing.recurring_occurrences.template_revision IS 'The revision of the template that it was made from.';
COMMENT ON COLUMN publishing.recurring_occurrences.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.recurring_occurrences.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.recurring_occurrences ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.recurring_occurrences FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.recurring_occurrences
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_recurring_occurrences_days ON publishing.recurring_occurrences (organization_id, occurs_on);
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.recurring_occurrences TO rookery_api, rookery_worker;
