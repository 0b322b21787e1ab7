-- What pages ask for is summed before they ask. Sums of the organization and of accounts stand since 0030 and move as the
-- numbers are written; those below are computed by a job, from days that were marked as changed: by format, for page
-- groups and tags, by month, and the totals of each content.

ALTER TYPE analytics.rollup_scope ADD VALUE 'tag';

-- A scope's id names it alone, and comparisons of enums are no conditions of an index under row-level security.
ALTER TABLE analytics.daily_rollups DROP CONSTRAINT daily_rollups_pkey;
ALTER TABLE analytics.daily_rollups
    ADD CONSTRAINT daily_rollups_pkey PRIMARY KEY (organization_id, scope_id, format, date, scope_type);
COMMENT ON COLUMN analytics.daily_rollups.scope_id IS 'The organization, the group, the account or the tag.';

-- For the job, which asks for all of a day. Only a statement that says so can use it: planned without its values, a range of
-- one scope looked as if this index found it as well as the key, and met every scope of the organization.
DROP INDEX analytics.idx_daily_rollups_org_date;
CREATE INDEX idx_daily_rollups_org_date ON analytics.daily_rollups (organization_id, date) WHERE content_count >= 0;

CREATE TABLE analytics.monthly_rollups (
    organization_id uuid NOT NULL,
    month date NOT NULL,
    scope_type analytics.rollup_scope NOT NULL,
    scope_id uuid NOT NULL,
    format text NOT NULL DEFAULT 'all',
    new_content_count integer NOT NULL DEFAULT 0,
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
    reach_items integer NOT NULL DEFAULT 0,
    impressions_items integer NOT NULL DEFAULT 0,
    views_items integer NOT NULL DEFAULT 0,
    reactions_items integer NOT NULL DEFAULT 0,
    comments_items integer NOT NULL DEFAULT 0,
    shares_items integer NOT NULL DEFAULT 0,
    clicks_items integer NOT NULL DEFAULT 0,
    saves_items integer NOT NULL DEFAULT 0,
    watch_time_ms_items integer NOT NULL DEFAULT 0,
    engagement_items integer NOT NULL DEFAULT 0,
    rated_engagement bigint NOT NULL DEFAULT 0,
    rated_by_reach bigint NOT NULL DEFAULT 0,
    rated_by_views bigint NOT NULL DEFAULT 0,
    rated_by_impressions bigint NOT NULL DEFAULT 0,
    CONSTRAINT monthly_rollups_pkey PRIMARY KEY (organization_id, scope_id, format, month, scope_type),
    CONSTRAINT monthly_rollups_month_check CHECK (extract(day FROM month) = 1),
    CONSTRAINT monthly_rollups_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.monthly_rollups IS 'Sums of daily rollups by month, for long ranges; can be rebuilt from them. Not valid for a month with a marked day.';
COMMENT ON COLUMN analytics.monthly_rollups.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.monthly_rollups.month IS 'First day of the month.';
COMMENT ON COLUMN analytics.monthly_rollups.scope_type IS 'What is summed.';
COMMENT ON COLUMN analytics.monthly_rollups.scope_id IS 'The organization, the group, the account or the tag.';
COMMENT ON COLUMN analytics.monthly_rollups.format IS 'A content format, or all.';
COMMENT ON COLUMN analytics.monthly_rollups.new_content_count IS 'Content published in the month.';
COMMENT ON COLUMN analytics.monthly_rollups.reach IS 'Change during the month; a sum over content, not unique people.';
COMMENT ON COLUMN analytics.monthly_rollups.impressions IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.views IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.reactions IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.comments IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.shares IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.clicks IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.saves IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.watch_time_ms IS 'Change during the month.';
COMMENT ON COLUMN analytics.monthly_rollups.engagement IS 'Reactions, comments and shares, as everywhere.';
COMMENT ON COLUMN analytics.monthly_rollups.reach_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.impressions_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.views_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.reactions_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.comments_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.shares_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.clicks_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.saves_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.watch_time_ms_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.engagement_items IS 'Changes that the sum is made of.';
COMMENT ON COLUMN analytics.monthly_rollups.rated_engagement IS 'Engagement of the changes that can be rated.';
COMMENT ON COLUMN analytics.monthly_rollups.rated_by_reach IS 'Reach of the rated changes that have it.';
COMMENT ON COLUMN analytics.monthly_rollups.rated_by_views IS 'Views of the rated changes without reach.';
COMMENT ON COLUMN analytics.monthly_rollups.rated_by_impressions IS 'Impressions of the rated changes with neither.';
ALTER TABLE analytics.monthly_rollups ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.monthly_rollups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.monthly_rollups
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.monthly_rollups TO rookery_api, rookery_worker;

CREATE TABLE analytics.content_totals (
    organization_id uuid NOT NULL,
    content_key bigint NOT NULL,
    integration_id uuid NOT NULL,
    format text NOT NULL,
    published_on date NOT NULL,
    weekday smallint NOT NULL,
    hour smallint NOT NULL,
    numbers_date date,
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
    rate_base bigint,
    rate_basis text,
    CONSTRAINT content_totals_pkey PRIMARY KEY (organization_id, content_key),
    CONSTRAINT content_totals_weekday_check CHECK (weekday BETWEEN 1 AND 7),
    CONSTRAINT content_totals_hour_check CHECK (hour BETWEEN 0 AND 23),
    CONSTRAINT content_totals_rate_check CHECK ((rate_base IS NULL) = (rate_basis IS NULL) AND rate_base > 0
        AND rate_basis IN ('reach', 'views', 'impressions')),
    CONSTRAINT content_totals_content_fkey FOREIGN KEY (organization_id, content_key)
        REFERENCES analytics.content (organization_id, content_key) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.content_totals IS 'What each content has reached by its newest numbers, and when it was published on the organization''s clocks; can be rebuilt from content and its daily metrics.';
COMMENT ON COLUMN analytics.content_totals.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.content_totals.content_key IS 'The content.';
COMMENT ON COLUMN analytics.content_totals.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.content_totals.format IS 'The contents format.';
COMMENT ON COLUMN analytics.content_totals.published_on IS 'Day of publishing in the organizations zone.';
COMMENT ON COLUMN analytics.content_totals.weekday IS 'Of publishing; 1 is Monday.';
COMMENT ON COLUMN analytics.content_totals.hour IS 'Of publishing, 0 to 23.';
COMMENT ON COLUMN analytics.content_totals.numbers_date IS 'Day of the newest numbers; NULL is none.';
COMMENT ON COLUMN analytics.content_totals.reach IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.impressions IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.views IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.reactions IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.comments IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.shares IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.clicks IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.saves IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.watch_time_ms IS 'Newest known total; the sum of days where the network counts days.';
COMMENT ON COLUMN analytics.content_totals.engagement IS 'Reactions, comments and shares, as everywhere.';
COMMENT ON COLUMN analytics.content_totals.rate_base IS 'What engagement is divided by for the rate; NULL is nothing.';
COMMENT ON COLUMN analytics.content_totals.rate_basis IS 'Which number that is: reach, views or impressions.';
ALTER TABLE analytics.content_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.content_totals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.content_totals
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.content_totals TO rookery_api, rookery_worker;

CREATE INDEX idx_content_totals_published ON analytics.content_totals (organization_id, published_on);

CREATE TABLE analytics.top_content (
    organization_id uuid NOT NULL,
    days smallint NOT NULL,
    metric text NOT NULL,
    as_of date NOT NULL,
    content_keys bigint[] NOT NULL,
    CONSTRAINT top_content_pkey PRIMARY KEY (organization_id, days, metric),
    CONSTRAINT top_content_metric_check CHECK (metric IN ('reach', 'engagement', 'engagement_rate', 'views', 'impressions')),
    CONSTRAINT top_content_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.top_content IS 'The best content of the last days by one number, best first.';
COMMENT ON COLUMN analytics.top_content.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.top_content.days IS 'Published in so many days up to as_of.';
COMMENT ON COLUMN analytics.top_content.metric IS 'Ranked by this.';
COMMENT ON COLUMN analytics.top_content.as_of IS 'The last of the days.';
COMMENT ON COLUMN analytics.top_content.content_keys IS 'The content, best first.';
ALTER TABLE analytics.top_content ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.top_content FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.top_content
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.top_content TO rookery_api, rookery_worker;

CREATE TYPE analytics.rollup_mark_kind AS ENUM ('day', 'recount', 'content', 'tag', 'group', 'all');

-- Marks are only ever added and taken away, never changed: who writes numbers never waits for who sums them.
CREATE TABLE analytics.rollup_marks (
    organization_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind analytics.rollup_mark_kind NOT NULL,
    date date,
    scope_id uuid,
    content_keys bigint[],
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rollup_marks_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT rollup_marks_day_check CHECK ((kind IN ('day', 'recount')) = (date IS NOT NULL)),
    CONSTRAINT rollup_marks_scope_check CHECK ((kind IN ('tag', 'group')) = (scope_id IS NOT NULL)),
    CONSTRAINT rollup_marks_content_check CHECK ((kind = 'content') = (content_keys IS NOT NULL)),
    CONSTRAINT rollup_marks_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.rollup_marks IS 'What changed since sums were last computed.';
COMMENT ON COLUMN analytics.rollup_marks.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.rollup_marks.id IS 'Order of writing.';
COMMENT ON COLUMN analytics.rollup_marks.kind IS 'What changed: the numbers of a day (recount: some are gone), content itself, what bears a tag, who is in a group, or everything.';
COMMENT ON COLUMN analytics.rollup_marks.date IS 'The day whose numbers changed.';
COMMENT ON COLUMN analytics.rollup_marks.scope_id IS 'The tag or the group.';
COMMENT ON COLUMN analytics.rollup_marks.content_keys IS 'The content that is new or changed.';
COMMENT ON COLUMN analytics.rollup_marks.created_at IS 'When it changed.';
ALTER TABLE analytics.rollup_marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.rollup_marks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.rollup_marks
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.rollup_marks TO rookery_api, rookery_worker;

CREATE VIEW analytics.content_changes WITH (security_invoker = true) AS
SELECT d.organization_id, d.date, d.content_key, c.id AS content_id, c.integration_id, c.format::text AS format,
       d.reach_change, d.impressions_change, d.views_change, d.reactions_change, d.comments_change, d.shares_change,
       d.clicks_change, d.saves_change, d.watch_time_ms_change, e.engagement,
       CASE WHEN e.engagement IS NULL THEN '' WHEN d.reach_change > 0 THEN 'reach' WHEN d.views_change > 0 THEN 'views'
            WHEN d.impressions_change > 0 THEN 'impressions' ELSE '' END AS rated_by
  FROM analytics.content_daily_metrics d
       JOIN analytics.content c ON c.organization_id = d.organization_id AND c.content_key = d.content_key
       CROSS JOIN LATERAL (
           SELECT CASE WHEN coalesce(d.reactions_change, d.comments_change, d.shares_change) IS NOT NULL
                       THEN coalesce(d.reactions_change, 0) + coalesce(d.comments_change, 0)
                            + coalesce(d.shares_change, 0) END AS engagement) AS e;
COMMENT ON VIEW analytics.content_changes IS 'What changed on each day, with the content''s account and format: engagement, and by which number its rate is taken.';
GRANT SELECT ON analytics.content_changes TO rookery_api, rookery_worker;

-- Numbers that go take their part of the sums along.
CREATE OR REPLACE FUNCTION analytics.forget_numbers() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    WITH forgotten AS (
        DELETE FROM analytics.content_daily_metrics d
         USING gone g
         WHERE d.organization_id = g.organization_id AND d.content_key = g.content_key
        RETURNING d.organization_id, d.date
    ), day AS (
        SELECT organization_id, date FROM forgotten
        UNION
        SELECT g.organization_id, (g.published_at AT TIME ZONE o.timezone)::date
          FROM gone g JOIN identity.organizations o ON o.organization_id = g.organization_id
    )
    INSERT INTO analytics.rollup_marks (organization_id, kind, date)
    SELECT day.organization_id, 'recount', day.date
      FROM day
           -- An organization that goes as a whole has nothing left to sum.
           JOIN identity.organizations o ON o.organization_id = day.organization_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics.forget_numbers() IS 'Deletes the numbers of deleted content, and marks their days.';

CREATE FUNCTION analytics.clocks_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO analytics.rollup_marks (organization_id, kind) VALUES (new.organization_id, 'all');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics.clocks_changed() IS 'Other clocks put content on other days.';
CREATE TRIGGER clocks_changed AFTER UPDATE OF timezone ON identity.organizations
    FOR EACH ROW WHEN (old.timezone IS DISTINCT FROM new.timezone) EXECUTE FUNCTION analytics.clocks_changed();

-- Nothing of what was stored is summed in the new ways yet.
ALTER TABLE analytics.rollup_marks NO FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.content NO FORCE ROW LEVEL SECURITY;
INSERT INTO analytics.rollup_marks (organization_id, kind) SELECT DISTINCT organization_id, 'all'::analytics.rollup_mark_kind FROM analytics.content;
ALTER TABLE analytics.content FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.rollup_marks FORCE ROW LEVEL SECURITY;
