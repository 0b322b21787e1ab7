TRUNCATE analytics.period_rollups;
ALTER TABLE analytics.period_rollups
    DROP CONSTRAINT period_rollups_accounts_check,
    DROP CONSTRAINT period_rollups_followers_check,
    DROP COLUMN compared_followers,
    DROP COLUMN accounts_with_followers,
    DROP COLUMN accounts_with_content,
    DROP COLUMN accounts_with_rate,
    DROP COLUMN accounts_with_engagement,
    DROP COLUMN accounts_with_views,
    DROP COLUMN accounts_with_impressions,
    DROP COLUMN accounts_with_reach,
    DROP COLUMN account_ids;
ALTER TABLE analytics.period_rollups ADD CONSTRAINT period_rollups_followers_check
    CHECK (scope_type = 'integration' OR (followers IS NULL AND previous_followers IS NULL));
COMMENT ON COLUMN analytics.period_rollups.followers IS 'Followers of an account at the end of the period.';
COMMENT ON COLUMN analytics.period_rollups.previous_followers IS 'Followers of an account at the end of the days before.';
