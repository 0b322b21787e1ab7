TRUNCATE analytics.period_rollups;
ALTER TABLE analytics.period_rollups
    DROP CONSTRAINT period_rollups_followers_check,
    DROP CONSTRAINT period_rollups_previous_new_content_count_check,
    DROP COLUMN previous_followers,
    DROP COLUMN previous_rated_by_impressions,
    DROP COLUMN previous_rated_by_views,
    DROP COLUMN previous_rated_by_reach,
    DROP COLUMN previous_rated_engagement,
    DROP COLUMN previous_engagement,
    DROP COLUMN previous_views,
    DROP COLUMN previous_impressions,
    DROP COLUMN previous_reach,
    DROP COLUMN previous_new_content_count,
    DROP COLUMN followers;
ALTER TABLE analytics.period_rollups ALTER COLUMN new_content_count SET NOT NULL;
COMMENT ON TABLE analytics.period_rollups IS 'Sums of daily rollups over the periods that are asked for most; can be rebuilt from them. Not valid while anything of the organization is marked.';
COMMENT ON COLUMN analytics.period_rollups.new_content_count IS 'Content published in the period.';
