-- The organization's row holds what its accounts say together, too: how many of them report each figure, and their followers at both
-- ends. The figures of an organization cost one row then, however many accounts it has. The rows are only sums; the job makes them anew.
TRUNCATE analytics.period_rollups;
ALTER TABLE analytics.period_rollups ADD COLUMN account_ids uuid[];
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_reach integer;
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_impressions integer;
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_views integer;
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_engagement integer;
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_rate integer;
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_content integer;
ALTER TABLE analytics.period_rollups ADD COLUMN accounts_with_followers integer;
ALTER TABLE analytics.period_rollups ADD COLUMN compared_followers bigint;
ALTER TABLE analytics.period_rollups DROP CONSTRAINT period_rollups_followers_check;
ALTER TABLE analytics.period_rollups ADD CONSTRAINT period_rollups_followers_check
    CHECK (scope_type = 'integration' OR account_ids IS NOT NULL OR (followers IS NULL AND previous_followers IS NULL));
ALTER TABLE analytics.period_rollups ADD CONSTRAINT period_rollups_accounts_check
    CHECK (CASE WHEN account_ids IS NULL
                THEN num_nonnulls(accounts_with_reach, accounts_with_impressions, accounts_with_views, accounts_with_engagement,
                                  accounts_with_rate, accounts_with_content, accounts_with_followers, compared_followers) = 0
                ELSE scope_type = 'org' AND 0 <= least(accounts_with_reach, accounts_with_impressions, accounts_with_views,
                                  accounts_with_engagement, accounts_with_rate, accounts_with_content, accounts_with_followers)
                     AND num_nulls(accounts_with_reach, accounts_with_impressions, accounts_with_views, accounts_with_engagement,
                                  accounts_with_rate, accounts_with_content, accounts_with_followers) = 0 END);
COMMENT ON COLUMN analytics.period_rollups.account_ids IS 'Of the organization: the accounts that were tracked when it was summed, ascending; NULL if one was tracked no longer and its numbers are in the sums. What follows holds for these alone.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_reach IS 'How many of them report it in the period.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_impressions IS 'How many of them report it in the period.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_views IS 'How many of them report it in the period.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_engagement IS 'How many of them report it in the period.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_rate IS 'How many of them have changes in the period that can be rated.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_content IS 'How many of them published in the period.';
COMMENT ON COLUMN analytics.period_rollups.accounts_with_followers IS 'How many of them are known to have followers at its end.';
COMMENT ON COLUMN analytics.period_rollups.compared_followers IS 'Followers at the end of the period of those that are known at both ends.';
COMMENT ON COLUMN analytics.period_rollups.followers IS 'Followers at the end of the period: of an account, or of the organization''s accounts.';
COMMENT ON COLUMN analytics.period_rollups.previous_followers IS 'Followers at the end of the days before: of an account, or of those of the organization that are known at both ends.';
