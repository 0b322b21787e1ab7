-- What is read in the morning, what it recommends and what became of that; and why an alert was closed that did not recover.
CREATE TABLE analytics.daily_briefs (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    date date NOT NULL,
    group_id uuid,
    format text NOT NULL DEFAULT 'all',
    payload jsonb NOT NULL,
    completeness_pct smallint NOT NULL,
    is_complete boolean NOT NULL,
    generated_at timestamptz NOT NULL,
    CONSTRAINT daily_briefs_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT daily_briefs_format_check CHECK (format IN ('all', 'post', 'reel', 'story', 'video', 'carousel', 'text', 'link', 'picture')),
    CONSTRAINT daily_briefs_completeness_check CHECK (completeness_pct BETWEEN 0 AND 100),
    CONSTRAINT daily_briefs_complete_check CHECK (is_complete = (completeness_pct = 100)),
    CONSTRAINT daily_briefs_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT daily_briefs_group_fkey FOREIGN KEY (organization_id, group_id) REFERENCES analytics.page_groups (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.daily_briefs IS 'What is read on a morning: one row per day, page group and format, made after the sums of the night and computed anew on that day.';
COMMENT ON COLUMN analytics.daily_briefs.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.daily_briefs.id IS 'Its id.';
COMMENT ON COLUMN analytics.daily_briefs.date IS 'The day it is read on; its numbers end with the day before.';
COMMENT ON COLUMN analytics.daily_briefs.group_id IS 'Of this page group''s accounts; NULL is all.';
COMMENT ON COLUMN analytics.daily_briefs.format IS 'Of these formats, by the word of the API; all is everything.';
COMMENT ON COLUMN analytics.daily_briefs.payload IS 'Figures, trends, hours, best content, formats and which accounts are missing, as they were known.';
COMMENT ON COLUMN analytics.daily_briefs.completeness_pct IS 'Accounts whose numbers of the day before were collected, of those that are tracked; in percent, rounded down.';
COMMENT ON COLUMN analytics.daily_briefs.is_complete IS 'Whether none is missing.';
COMMENT ON COLUMN analytics.daily_briefs.generated_at IS 'When it was last computed.';
CREATE UNIQUE INDEX idx_daily_briefs_scope ON analytics.daily_briefs (organization_id, date, format,
    coalesce(group_id, '00000000-0000-0000-0000-000000000000'));
CREATE INDEX idx_daily_briefs_group ON analytics.daily_briefs (organization_id, group_id) WHERE group_id IS NOT NULL;
ALTER TABLE analytics.daily_briefs ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_briefs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.daily_briefs
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.daily_briefs TO rookery_api, rookery_worker;

CREATE TABLE analytics.recommendations (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    brief_id uuid NOT NULL,
    kind text NOT NULL,
    priority text NOT NULL,
    title text NOT NULL,
    reason text NOT NULL,
    evidence jsonb NOT NULL,
    action jsonb NOT NULL,
    status text NOT NULL DEFAULT 'open',
    dismiss_reason varchar(200),
    acted_by uuid,
    acted_at timestamptz,
    resulting_post_id uuid,
    expires_at timestamptz NOT NULL,
    dedupe_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recommendations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT recommendations_dedupe_key UNIQUE (organization_id, dedupe_key),
    CONSTRAINT recommendations_kind_check CHECK (kind IN ('trend', 'timing', 'format', 'template')),
    CONSTRAINT recommendations_priority_check CHECK (priority IN ('high', 'medium', 'low')),
    CONSTRAINT recommendations_status_check CHECK (status IN ('open', 'accepted', 'dismissed')),
    CONSTRAINT recommendations_acted_check CHECK ((status = 'open') = (acted_at IS NULL)),
    CONSTRAINT recommendations_dismissed_check CHECK (dismiss_reason IS NULL OR status = 'dismissed'),
    CONSTRAINT recommendations_post_check CHECK ((resulting_post_id IS NOT NULL) = (status = 'accepted')),
    CONSTRAINT recommendations_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT recommendations_brief_fkey FOREIGN KEY (organization_id, brief_id) REFERENCES analytics.daily_briefs (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT recommendations_acted_by_fkey FOREIGN KEY (acted_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.recommendations IS 'What a brief recommends, the numbers behind it, and what people did with it; the same thing once a day.';
COMMENT ON COLUMN analytics.recommendations.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.recommendations.id IS 'Its id.';
COMMENT ON COLUMN analytics.recommendations.brief_id IS 'The brief that it stands in: its day, page group and format.';
COMMENT ON COLUMN analytics.recommendations.kind IS 'The rule that it follows from.';
COMMENT ON COLUMN analytics.recommendations.priority IS 'How much it matters.';
COMMENT ON COLUMN analytics.recommendations.title IS 'What to do, in one line.';
COMMENT ON COLUMN analytics.recommendations.reason IS 'Why, with the numbers.';
COMMENT ON COLUMN analytics.recommendations.evidence IS 'The numbers by name, their days, and the tag and content that they come from.';
COMMENT ON COLUMN analytics.recommendations.action IS 'What its draft begins with: text, account, time, format.';
COMMENT ON COLUMN analytics.recommendations.status IS 'What people did with it; an open one past expires_at has expired.';
COMMENT ON COLUMN analytics.recommendations.dismiss_reason IS 'Why it was dismissed, if somebody said so.';
COMMENT ON COLUMN analytics.recommendations.acted_by IS 'Who accepted or dismissed it; NULL is a program, or a person who is gone.';
COMMENT ON COLUMN analytics.recommendations.acted_at IS 'When it was accepted or dismissed.';
COMMENT ON COLUMN analytics.recommendations.resulting_post_id IS 'The draft that it became. No reference: the draft may be deleted, and that it was made stays true.';
COMMENT ON COLUMN analytics.recommendations.expires_at IS 'From when on it is no longer worth doing: the end of its day, the hour that it names, or when its numbers went.';
COMMENT ON COLUMN analytics.recommendations.dedupe_key IS 'Day, page group, format, kind and subject: the same thing is recommended once.';
COMMENT ON COLUMN analytics.recommendations.created_at IS 'When it was first made.';
COMMENT ON COLUMN analytics.recommendations.updated_at IS 'When its words or its state last changed.';
CREATE INDEX idx_recommendations_brief ON analytics.recommendations (organization_id, brief_id);
ALTER TABLE analytics.recommendations ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.recommendations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.recommendations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.recommendations TO rookery_api, rookery_worker;

ALTER TABLE analytics.alerts ADD COLUMN closed_because text;
ALTER TABLE analytics.alerts ADD CONSTRAINT alerts_closed_check
    CHECK (closed_because IS NULL OR closed_because IN ('not_tracked', 'disconnected', 'group_gone') AND resolved_at IS NOT NULL);
COMMENT ON COLUMN analytics.alerts.closed_because IS 'Why nobody watches the figure any more; NULL: it recovered, or is open.';
COMMENT ON COLUMN analytics.alerts.resolved_at IS 'When the figure was found recovered, or nobody watched it any more; NULL while it is open.';
