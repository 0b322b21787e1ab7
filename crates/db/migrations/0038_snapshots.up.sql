-- The numbers of our publications between the nights. The tables stand since 0009; now they are filled.

ALTER TYPE analytics.ingest_kind ADD VALUE 'snapshots';

-- Totals are never added up: what a bucket brought is its difference to the one before (PUB-49). The first of a publication
-- counts from nothing; where one of two neighbours is not known, neither is the difference.
CREATE VIEW analytics.publication_changes WITH (security_invoker = true) AS
SELECT s.organization_id, s.publication_id, s.post_id, s.social_account_id, s.platform, s.period, s.recorded_at, s.period_end,
       CASE row_number() OVER earlier WHEN 1 THEN s.likes_count ELSE s.likes_count - lag(s.likes_count) OVER earlier END AS likes,
       CASE row_number() OVER earlier WHEN 1 THEN s.comments_count ELSE s.comments_count - lag(s.comments_count) OVER earlier END AS comments,
       CASE row_number() OVER earlier WHEN 1 THEN s.shares_count ELSE s.shares_count - lag(s.shares_count) OVER earlier END AS shares,
       CASE row_number() OVER earlier WHEN 1 THEN s.impressions_count ELSE s.impressions_count - lag(s.impressions_count) OVER earlier END AS impressions,
       CASE row_number() OVER earlier WHEN 1 THEN s.reach_count ELSE s.reach_count - lag(s.reach_count) OVER earlier END AS reach,
       CASE row_number() OVER earlier WHEN 1 THEN s.views_count ELSE s.views_count - lag(s.views_count) OVER earlier END AS views,
       CASE row_number() OVER earlier WHEN 1 THEN s.clicks_count ELSE s.clicks_count - lag(s.clicks_count) OVER earlier END AS clicks,
       CASE row_number() OVER earlier WHEN 1 THEN s.saves_count ELSE s.saves_count - lag(s.saves_count) OVER earlier END AS saves,
       CASE WHEN s.impressions_count > 0 AND coalesce(s.likes_count, s.comments_count, s.shares_count, s.saves_count) IS NOT NULL
            THEN round(100.0 * (coalesce(s.likes_count, 0) + coalesce(s.comments_count, 0) + coalesce(s.shares_count, 0)
                                + coalesce(s.saves_count, 0)) / s.impressions_count, 2) END AS interactions_per_impression
  FROM analytics.publication_snapshots s
WINDOW earlier AS (PARTITION BY s.organization_id, s.publication_id, s.period ORDER BY s.recorded_at);
COMMENT ON VIEW analytics.publication_changes IS 'What each bucket of a publication''s snapshots brought: its totals less those of the bucket before. Interactions per impression is in percent, with saves.';
GRANT SELECT ON analytics.publication_changes TO rookery_api, rookery_worker;
