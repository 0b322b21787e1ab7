-- A period's row holds what pages show beside it, too: the figures of as many days directly before, and an account's followers at both
-- ends. One look-up answers for an account where four did. The rows are only sums; the job makes them anew.
TRUNCATE analytics.period_rollups;
ALTER TABLE analytics.period_rollups ALTER COLUMN new_content_count DROP NOT NULL;
ALTER TABLE analytics.period_rollups ADD COLUMN followers bigint;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_new_content_count integer;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_reach bigint;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_impressions bigint;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_views bigint;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_engagement bigint;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_rated_engagement bigint NOT NULL;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_rated_by_reach bigint NOT NULL;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_rated_by_views bigint NOT NULL;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_rated_by_impressions bigint NOT NULL;
ALTER TABLE analytics.period_rollups ADD COLUMN previous_followers bigint;
ALTER TABLE analytics.period_rollups ADD CONSTRAINT period_rollups_previous_new_content_count_check CHECK (previous_new_content_count >= 0);
ALTER TABLE analytics.period_rollups ADD CONSTRAINT period_rollups_followers_check
    CHECK (scope_type = 'integration' OR (followers IS NULL AND previous_followers IS NULL));
COMMENT ON TABLE analytics.period_rollups IS 'Sums of daily rollups over the periods that are asked for most, and over as many days before each; can be rebuilt from them. Not valid while anything of the organization is marked.';
COMMENT ON COLUMN analytics.period_rollups.new_content_count IS 'Content published in the period; NULL if nothing is known of it.';
COMMENT ON COLUMN analytics.period_rollups.followers IS 'Followers of an account at the end of the period.';
COMMENT ON COLUMN analytics.period_rollups.previous_new_content_count IS 'Content published in as many days before; NULL if nothing is known of them.';
COMMENT ON COLUMN analytics.period_rollups.previous_reach IS 'Change during as many days before.';
COMMENT ON COLUMN analytics.period_rollups.previous_impressions IS 'Change during as many days before.';
COMMENT ON COLUMN analytics.period_rollups.previous_views IS 'Change during as many days before.';
COMMENT ON COLUMN analytics.period_rollups.previous_engagement IS 'Change during as many days before.';
COMMENT ON COLUMN analytics.period_rollups.previous_rated_engagement IS 'Engagement of the changes before that can be rated.';
COMMENT ON COLUMN analytics.period_rollups.previous_rated_by_reach IS 'Reach of the rated changes before that have it.';
COMMENT ON COLUMN analytics.period_rollups.previous_rated_by_views IS 'Views of the rated changes before without reach.';
COMMENT ON COLUMN analytics.period_rollups.previous_rated_by_impressions IS 'Impressions of the rated changes before with neither.';
COMMENT ON COLUMN analytics.period_rollups.previous_followers IS 'Followers of an account at the end of the days before.';
