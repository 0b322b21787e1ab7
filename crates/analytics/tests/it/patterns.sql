-- 300 organizations with ten accounts each: 300,000 daily sums, 300,000 snapshots of 30,000 publications, 30,000
-- items with 300,000 readings, around 2026-03-02. Written without triggers, as a dump is restored.
SET session_replication_role = replica;
SELECT governance.ensure_partitions('2026-02-01', 2);

CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

INSERT INTO identity.users (id, name, email) VALUES (pg_temp.id(1, 1), 'Person', 'person@example.test');
INSERT INTO identity.organizations (organization_id, owner_user_id, name, slug)
SELECT pg_temp.id(2, n), pg_temp.id(1, 1), 'Organization ' || n, 'organization-' || n FROM generate_series(1, 300) n;
INSERT INTO accounts.social_accounts (organization_id, id, platform, platform_user_id, username, status)
SELECT pg_temp.id(2, o), pg_temp.id(3, o * 10 + a), (enum_range(NULL::accounts.platform))[a + 1], 'remote' || a, 'name' || a, 'active'
FROM generate_series(1, 300) o, generate_series(0, 9) a;
INSERT INTO analytics.tracked_integrations (organization_id, id, integration_id)
SELECT organization_id, id, id FROM accounts.social_accounts;

INSERT INTO analytics.daily_rollups (organization_id, scope_type, scope_id, date, content_count, reach, reactions)
SELECT pg_temp.id(2, o), 'integration', pg_temp.id(3, o * 10 + a), '2026-03-02'::date - day, 1, 10, 1
FROM generate_series(1, 300) o, generate_series(0, 9) a, generate_series(0, 99) day;

INSERT INTO analytics.daily_rollups (organization_id, scope_type, scope_id, date, content_count, reach, reactions)
SELECT organization_id, 'org', organization_id, date, sum(content_count), sum(reach), sum(reactions)
FROM analytics.daily_rollups GROUP BY 1, 4;
INSERT INTO analytics.account_daily_metrics (organization_id, integration_id, date, followers)
SELECT organization_id, scope_id, date, 100 FROM analytics.daily_rollups
WHERE scope_type = 'integration' AND date > '2026-03-02'::date - 30;

INSERT INTO analytics.monthly_rollups (organization_id, scope_type, scope_id, month, reach, reactions)
SELECT organization_id, scope_type, scope_id, date_trunc('month', date)::date, sum(reach), sum(reactions)
FROM analytics.daily_rollups GROUP BY 1, 2, 3, 4;

-- The sums of the usual periods up to the same day, but for the 30 and 90 days, which end the day before.
INSERT INTO analytics.period_rollups
    (organization_id, days, last_date, scope_type, scope_id, new_content_count, reach, followers,
     rated_engagement, rated_by_reach, rated_by_views, rated_by_impressions,
     previous_rated_engagement, previous_rated_by_reach, previous_rated_by_views, previous_rated_by_impressions)
SELECT organization_id, days, '2026-03-02'::date - (days < 365)::integer, scope_type, scope_id, 0, sum(reach),
       CASE scope_type WHEN 'integration' THEN 100 END, 0, 0, 0, 0, 0, 0, 0, 0
FROM analytics.daily_rollups, unnest(array[30, 90, 365]) days GROUP BY 1, 2, 4, 5;
UPDATE analytics.period_rollups p
SET account_ids = a.ids, followers = 1000, compared_followers = 0, accounts_with_reach = 10, accounts_with_impressions = 0,
    accounts_with_views = 0, accounts_with_engagement = 0, accounts_with_rate = 0, accounts_with_content = 0,
    accounts_with_followers = 10
FROM (SELECT organization_id, array_agg(integration_id ORDER BY integration_id) AS ids
      FROM analytics.tracked_integrations GROUP BY 1) a
WHERE a.organization_id = p.organization_id AND p.scope_type = 'org';
INSERT INTO analytics.period_hours (organization_id, days, last_date, scope_type, scope_id, slots, engagement, items)
SELECT organization_id, days, last_date, scope_type, scope_id, array[0, 30], array[50, 40], array[10, 8]
FROM analytics.period_rollups;

INSERT INTO analytics.publication_snapshots
    (organization_id, publication_id, post_id, social_account_id, platform, recorded_at, period_start, period_end, likes_count)
SELECT pg_temp.id(2, o), pg_temp.id(5, o * 100 + p), pg_temp.id(4, o * 100 + p), pg_temp.id(3, o * 10 + p % 10),
       'mastodon', '2026-03-02'::timestamptz - day * interval '1 day', '2026-02-01', '2026-03-02', 100 - day
FROM generate_series(1, 300) o, generate_series(0, 99) p, generate_series(0, 9) day;

INSERT INTO analytics.content
    (organization_id, id, integration_id, external_content_id, platform, format, published_at)
SELECT pg_temp.id(2, o), pg_temp.id(6, o * 100 + c), pg_temp.id(3, o * 10 + c % 10), 'item' || c,
       (enum_range(NULL::accounts.platform))[c % 10 + 1], 'post', '2026-03-02'::timestamptz - c * interval '1 day'
FROM generate_series(1, 300) o, generate_series(0, 99) c;
INSERT INTO analytics.content_daily_metrics (organization_id, content_key, date, reach, reactions, reach_change, reactions_change)
SELECT organization_id, content_key, '2026-03-02'::date - day, 100 - day, 5, 1, 0
FROM analytics.content, generate_series(0, 9) day;

INSERT INTO analytics.content_totals
    (organization_id, content_key, integration_id, format, published_on, weekday, hour, numbers_date, reach, reactions, engagement)
SELECT organization_id, content_key, integration_id, 'post', published_at::date, extract(isodow from published_at), 0,
       '2026-03-02', 100, 5, 5
FROM analytics.content;
INSERT INTO analytics.top_content (organization_id, days, metric, as_of, content_keys, published_on, integration_ids)
SELECT organization_id, days, 'reach', '2026-03-02', array_agg(content_key ORDER BY published_on DESC),
       array_agg(published_on ORDER BY published_on DESC), array_agg(integration_id ORDER BY published_on DESC)
FROM analytics.content_totals, unnest(array[7, 30, 90, 365]) days WHERE published_on > '2026-03-02'::date - days GROUP BY 1, 2;

ANALYZE analytics.period_rollups, analytics.period_hours, analytics.account_daily_metrics, analytics.monthly_rollups, analytics.content_totals, analytics.top_content, analytics.daily_rollups, analytics.publication_snapshots, analytics.content, analytics.content_daily_metrics,
    analytics.tracked_integrations, accounts.social_accounts;
