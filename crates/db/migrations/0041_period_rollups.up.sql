-- What pages ask for most, summed before anybody asks: the usual numbers of days up to yesterday, and as many before them.
CREATE TABLE analytics.period_rollups (
    organization_id uuid NOT NULL,
    days smallint NOT NULL,
    last_date date NOT NULL,
    scope_type analytics.rollup_scope NOT NULL,
    scope_id uuid NOT NULL,
    new_content_count integer NOT NULL,
    reach bigint,
    impressions bigint,
    views bigint,
    reactions bigint,
    comments bigint,
    shares bigint,
    clicks bigint,
    saves bigint,
    watch_time_ms bigint,
    engagement bigint,
    rated_engagement bigint NOT NULL,
    rated_by_reach bigint NOT NULL,
    rated_by_views bigint NOT NULL,
    rated_by_impressions bigint NOT NULL,
    CONSTRAINT period_rollups_pkey PRIMARY KEY (organization_id, days, last_date, scope_id, scope_type),
    CONSTRAINT period_rollups_days_check CHECK (days > 0),
    CONSTRAINT period_rollups_new_content_count_check CHECK (new_content_count >= 0),
    CONSTRAINT period_rollups_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.period_rollups IS 'Sums of daily rollups over the periods that are asked for most; can be rebuilt from them. Not valid while anything of the organization is marked.';
COMMENT ON COLUMN analytics.period_rollups.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.period_rollups.days IS 'Length of the period in days.';
COMMENT ON COLUMN analytics.period_rollups.last_date IS 'Its last day.';
COMMENT ON COLUMN analytics.period_rollups.scope_type IS 'What is summed.';
COMMENT ON COLUMN analytics.period_rollups.scope_id IS 'The organization, the group, the account or the tag.';
COMMENT ON COLUMN analytics.period_rollups.new_content_count IS 'Content published in the period.';
COMMENT ON COLUMN analytics.period_rollups.reach IS 'Change during the period; a sum over content, not unique people.';
COMMENT ON COLUMN analytics.period_rollups.impressions IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.views IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.reactions IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.comments IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.shares IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.clicks IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.saves IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.watch_time_ms IS 'Change during the period.';
COMMENT ON COLUMN analytics.period_rollups.engagement IS 'Reactions, comments and shares, as everywhere.';
COMMENT ON COLUMN analytics.period_rollups.rated_engagement IS 'Engagement of the changes that can be rated.';
COMMENT ON COLUMN analytics.period_rollups.rated_by_reach IS 'Reach of the rated changes that have it.';
COMMENT ON COLUMN analytics.period_rollups.rated_by_views IS 'Views of the rated changes without reach.';
COMMENT ON COLUMN analytics.period_rollups.rated_by_impressions IS 'Impressions of the rated changes with neither.';
ALTER TABLE analytics.period_rollups ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.period_rollups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.period_rollups
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.period_rollups TO rookery_api, rookery_worker;

CREATE TABLE analytics.period_hours (
    organization_id uuid NOT NULL,
    days smallint NOT NULL,
    last_date date NOT NULL,
    scope_type analytics.rollup_scope NOT NULL,
    scope_id uuid NOT NULL,
    slots smallint[] NOT NULL,
    engagement bigint[] NOT NULL,
    items integer[] NOT NULL,
    CONSTRAINT period_hours_pkey PRIMARY KEY (organization_id, days, last_date, scope_id, scope_type),
    CONSTRAINT period_hours_days_check CHECK (days > 0),
    CONSTRAINT period_hours_slots_check
        CHECK (0 <= ALL (slots) AND 168 > ALL (slots) AND cardinality(engagement) = cardinality(slots) AND cardinality(items) = cardinality(slots)),
    CONSTRAINT period_hours_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.period_hours IS 'Content published in the periods that are asked for most, by hour of the week; can be rebuilt from its totals. Not valid while anything of the organization is marked.';
COMMENT ON COLUMN analytics.period_hours.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.period_hours.days IS 'Length of the period in days.';
COMMENT ON COLUMN analytics.period_hours.last_date IS 'Its last day.';
COMMENT ON COLUMN analytics.period_hours.scope_type IS 'The organization or an account.';
COMMENT ON COLUMN analytics.period_hours.scope_id IS 'Which.';
COMMENT ON COLUMN analytics.period_hours.slots IS 'Hours of the week on the organization''s clocks in which something was published, ascending: 0 is Monday from 00:00.';
COMMENT ON COLUMN analytics.period_hours.engagement IS 'What that has reached together, slot by slot.';
COMMENT ON COLUMN analytics.period_hours.items IS 'How many items that is, slot by slot.';
ALTER TABLE analytics.period_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.period_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.period_hours
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.period_hours TO rookery_api, rookery_worker;

-- A list says of each item what a page narrows it by, so that only those it shows are looked up. The job makes the lists anew.
TRUNCATE analytics.top_content;
ALTER TABLE analytics.top_content ADD COLUMN published_on date[] NOT NULL;
ALTER TABLE analytics.top_content ADD COLUMN integration_ids uuid[] NOT NULL;
ALTER TABLE analytics.top_content ADD CONSTRAINT top_content_items_check
    CHECK (cardinality(published_on) = cardinality(content_keys) AND cardinality(integration_ids) = cardinality(content_keys));
COMMENT ON COLUMN analytics.top_content.published_on IS 'When each was published, on the organization''s clocks.';
COMMENT ON COLUMN analytics.top_content.integration_ids IS 'On which account each was published.';
