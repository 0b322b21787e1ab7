-- The numbers go back to the founding layout; the changes beside them go.
ALTER TABLE analytics.daily_rollups
    DROP COLUMN watch_time_ms,
    DROP COLUMN reach_items,
    DROP COLUMN impressions_items,
    DROP COLUMN views_items,
    DROP COLUMN reactions_items,
    DROP COLUMN comments_items,
    DROP COLUMN shares_items,
    DROP COLUMN clicks_items,
    DROP COLUMN saves_items,
    DROP COLUMN watch_time_ms_items,
    DROP COLUMN engagement_items,
    DROP COLUMN rated_engagement,
    DROP COLUMN rated_by_reach,
    DROP COLUMN rated_by_views,
    DROP COLUMN rated_by_impressions;
DROP TRIGGER forget_numbers ON analytics.content;
DROP FUNCTION analytics.forget_numbers();
ALTER VIEW analytics.daily_metrics RENAME TO daily_metrics_view;

CREATE TABLE analytics.daily_metrics (
    organization_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    external_content_id text NOT NULL,
    date date NOT NULL,
    reach bigint,
    impressions bigint,
    views bigint,
    reactions bigint,
    comments bigint,
    shares bigint,
    clicks bigint,
    saves bigint,
    watch_time_ms bigint,
    avg_watch_time_ms bigint,
    completion_rate real,
    extra jsonb NOT NULL DEFAULT '{}',
    basis analytics.metric_basis NOT NULL DEFAULT 'lifetime',
    is_partial boolean NOT NULL DEFAULT false,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    source_version text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT daily_metrics_pkey PRIMARY KEY (organization_id, integration_id, date, external_content_id),
    CONSTRAINT daily_metrics_content_fkey FOREIGN KEY (organization_id, integration_id, external_content_id) REFERENCES analytics.content (organization_id, integration_id, external_content_id) ON DELETE CASCADE,
    CONSTRAINT daily_metrics_completion_check CHECK (completion_rate BETWEEN 0 AND 1)
) PARTITION BY RANGE (date);
COMMENT ON TABLE analytics.daily_metrics IS 'The numbers of one content as of or on one day.';
COMMENT ON COLUMN analytics.daily_metrics.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.daily_metrics.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.daily_metrics.external_content_id IS 'The content''s id at the network.';
COMMENT ON COLUMN analytics.daily_metrics.date IS 'The day.';
COMMENT ON COLUMN analytics.daily_metrics.reach IS 'Unique viewers.';
COMMENT ON COLUMN analytics.daily_metrics.impressions IS 'Times shown.';
COMMENT ON COLUMN analytics.daily_metrics.views IS 'Plays or media views.';
COMMENT ON COLUMN analytics.daily_metrics.reactions IS 'Reactions of all kinds.';
COMMENT ON COLUMN analytics.daily_metrics.comments IS 'Comments.';
COMMENT ON COLUMN analytics.daily_metrics.shares IS 'Shares, reposts, quotes.';
COMMENT ON COLUMN analytics.daily_metrics.clicks IS 'Clicks.';
COMMENT ON COLUMN analytics.daily_metrics.saves IS 'Saves.';
COMMENT ON COLUMN analytics.daily_metrics.watch_time_ms IS 'Time watched by all.';
COMMENT ON COLUMN analytics.daily_metrics.avg_watch_time_ms IS 'Time watched per view.';
COMMENT ON COLUMN analytics.daily_metrics.completion_rate IS '0 to 1.';
COMMENT ON COLUMN analytics.daily_metrics.extra IS 'Splits and other numbers.';
COMMENT ON COLUMN analytics.daily_metrics.basis IS 'Total as of the day, or that day alone.';
COMMENT ON COLUMN analytics.daily_metrics.is_partial IS 'Read before the day ended.';
COMMENT ON COLUMN analytics.daily_metrics.fetched_at IS 'When the numbers that stand here were read.';
COMMENT ON COLUMN analytics.daily_metrics.source_version IS 'Connector and API version.';
COMMENT ON COLUMN analytics.daily_metrics.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.daily_metrics.updated_at IS 'When it was last changed.';
ALTER TABLE analytics.daily_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.daily_metrics
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE analytics.daily_metrics_default PARTITION OF analytics.daily_metrics DEFAULT;
CREATE INDEX idx_daily_metrics_org_date ON analytics.daily_metrics (organization_id, date);
CREATE INDEX idx_daily_metrics_account_date ON analytics.daily_metrics (organization_id, integration_id, date);
CREATE INDEX idx_daily_metrics_content_date ON analytics.daily_metrics (integration_id, external_content_id, date DESC);

DELETE FROM governance.partitioned_tables WHERE schema_name = 'analytics' AND table_name = 'content_daily_metrics';
INSERT INTO governance.partitioned_tables VALUES ('analytics', 'daily_metrics', 'date');
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.daily_metrics TO rookery_api, rookery_worker;
-- Without FORCE the owner sees the rows of every organization.
ALTER TABLE analytics.content NO FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_metrics NO FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.content_daily_metrics NO FORCE ROW LEVEL SECURITY;
SELECT governance.ensure_partitions(min(date), (extract(year FROM age(max(date), date_trunc('month', min(date)))) * 12
           + extract(month FROM age(max(date), date_trunc('month', min(date)))))::integer + 1)
  FROM analytics.daily_metrics_view HAVING count(*) > 0;
INSERT INTO analytics.daily_metrics
    (organization_id, integration_id, external_content_id, date, reach, impressions, views, reactions, comments,
    shares, clicks, saves, watch_time_ms, avg_watch_time_ms, completion_rate, extra, basis, is_partial, fetched_at,
    source_version, created_at, updated_at)
SELECT organization_id, integration_id, external_content_id, date, reach, impressions, views, reactions, comments,
shares, clicks, saves, watch_time_ms, avg_watch_time_ms, completion_rate, extra, basis, is_partial, fetched_at,
source_version, created_at, updated_at
  FROM analytics.daily_metrics_view;
ALTER TABLE analytics.content FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_metrics FORCE ROW LEVEL SECURITY;
DROP VIEW analytics.daily_metrics_view;
DROP TABLE analytics.content_daily_metrics;
DROP FUNCTION analytics.content_is_there();
ALTER TABLE analytics.content DROP COLUMN content_key;
