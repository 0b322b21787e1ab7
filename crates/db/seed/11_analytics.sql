-- Eight weeks of seven accounts: what was seen, its numbers by day, the accounts' own numbers, groups and tags. The
-- weeks count back from the accounts' sixtieth day, which is the day of the first run; a later run adds nothing.
--
-- The next look at each account lies ten years ahead: without a token there is nothing to ask, and a day that cannot
-- be collected would only fill the queue with failures.
INSERT INTO analytics.tracked_integrations
    (organization_id, id, integration_id, tracking_since, last_content_at, last_metrics_at, health, last_error_type,
     last_error_code, last_error_message, next_attempt_at, created_at, updated_at)
SELECT a.organization_id, md5(a.id::text || ':tracked')::uuid, a.id, (a.created_at AT TIME ZONE 'UTC')::date,
    a.created_at + interval '60 days', a.created_at + interval '60 days', 'needs_reauth', 'permission', 'example',
    a.last_error_message, a.created_at + interval '10 years', a.created_at, a.created_at + interval '60 days'
FROM accounts.social_accounts a
WHERE a.organization_id = current_setting('app.organization_id')::uuid AND a.platform_user_id = 'seed-' || a.platform::text
    AND a.platform IN ('linkedin', 'twitter', 'reddit', 'threads', 'instagram', 'facebook', 'mastodon')
ON CONFLICT DO NOTHING;

INSERT INTO analytics.page_groups
    (organization_id, id, name, niche, description, created_by, updated_by, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':page_group:' || v.key)::uuid, v.name, v.niche, v.description,
    o.owner_user_id, o.owner_user_id, s.today - interval '56 days', s.today - interval '56 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('plan', 'Networks of the strategy', 'evenings', 'Where the plan of 24 posts a week runs.'),
    ('pictures', 'Pictures first', 'kitchen', 'Where a photo decides.')
) AS v (key, name, niche, description)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO analytics.page_group_members (organization_id, group_id, tracked_integration_id, assigned_at)
SELECT g.organization_id, g.id, t.id, g.created_at
FROM (VALUES
    ('plan', 'linkedin'), ('plan', 'twitter'), ('plan', 'reddit'),
    ('pictures', 'instagram'), ('pictures', 'facebook'), ('pictures', 'threads')
) AS v (key, platform)
JOIN analytics.page_groups g ON g.organization_id = current_setting('app.organization_id')::uuid
    AND g.id = md5(g.organization_id::text || ':page_group:' || v.key)::uuid
JOIN accounts.social_accounts a ON a.organization_id = g.organization_id AND a.platform_user_id = 'seed-' || v.platform
JOIN analytics.tracked_integrations t ON t.organization_id = g.organization_id AND t.integration_id = a.id
ON CONFLICT DO NOTHING;

-- A tag per pillar and per allowed hashtag; two that people gave.
INSERT INTO analytics.tags (organization_id, id, key, label, type, color, description, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':tag:' || v.key)::uuid, v.key, v.label, v.type::analytics.tag_type,
    v.color, v.description, s.today - interval '56 days', s.today - interval '56 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('slowmornings', 'Slow mornings', 'auto', '#2F6F8F', 'From the hashtag.'),
    ('hostingtips', 'Hosting tips', 'auto', '#4B7F52', 'From the hashtag.'),
    ('behindthebar', 'Behind the bar', 'auto', '#8F3F5B', 'From the hashtag.'),
    ('waterfirst', 'Water first', 'auto', '#3E8E8C', 'From the hashtag.'),
    ('smallbatch', 'Small batch', 'auto', '#7A5C2E', 'From the hashtag.'),
    ('evergreen', 'Evergreen', 'manual', '#5A5A5A', 'Worth showing again.'),
    ('asks a question', 'Asks a question', 'manual', '#B06A1E', 'Ends with a question to the reader.')
) AS v (key, label, type, color, description)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- Each network at its own pace; the texts go round, each network enters the circle at another place.
INSERT INTO analytics.content
    (organization_id, id, integration_id, external_content_id, platform, format, caption, hashtags, language, permalink,
     published_at, first_seen_at, last_seen_at, created_at, updated_at)
SELECT a.organization_id, md5(a.id::text || ':content:' || w.week || ':' || i.item)::uuid, a.id,
    'seed-' || w.week || '-' || i.item, a.platform, n.format::analytics.content_format, c.caption, ARRAY[c.tag], 'en',
    'https://' || a.platform::text || '.example/p/seed-' || w.week || '-' || i.item, t.published,
    t.published + interval '1 day', least(t.published + interval '14 days', a.created_at + interval '60 days'),
    t.published + interval '1 day', t.published + interval '1 day'
FROM (VALUES
    ('linkedin', 1, 5, 'post'), ('twitter', 2, 7, 'text'), ('reddit', 3, 2, 'text'), ('threads', 4, 3, 'text'),
    ('instagram', 5, 3, 'carousel'), ('facebook', 6, 2, 'post'), ('mastodon', 7, 2, 'text')
) AS n (platform, number, per_week, format)
JOIN accounts.social_accounts a ON a.organization_id = current_setting('app.organization_id')::uuid
    AND a.platform_user_id = 'seed-' || n.platform
CROSS JOIN generate_series(1, 8) AS w (week)
CROSS JOIN LATERAL generate_series(1, n.per_week) AS i (item)
CROSS JOIN LATERAL (SELECT a.created_at + interval '60 days' - make_interval(days => w.week * 7 - (i.item - 1) * 7 / n.per_week,
    hours => -(8 + (i.item * 5 + n.number * 3) % 12), mins => -((i.item * 17 + w.week * 7) % 60)) AS published) AS t
JOIN (VALUES
    (0, 'waterfirst', 'A glass of water between the glasses is the oldest advice in the bar, and still the one that people thank us for.'),
    (1, 'hostingtips', 'Eat before you pour. A plate of bread and cheese at seven changes the whole evening.'),
    (2, 'behindthebar', 'The night we ran out of water: 40 guests, one tap, and the best tips of the year.'),
    (3, 'smallbatch', 'Batch 14 is packed. The card inside is thicker, because two of you wrote that it bends.'),
    (4, 'slowmornings', 'Curtains open, feet on the floor, first glass of water. What is the second thing you do?'),
    (5, 'hostingtips', 'Give one guest the music and one guest the water. You keep the conversation.'),
    (6, 'waterfirst', 'Coffee feels like an answer. Water first, coffee second: same morning, calmer stomach.'),
    (7, 'behindthebar', 'Closing time, seen from the other side: the quiet ones always help with the chairs.'),
    (8, 'slowmornings', 'Ten minutes of fresh air before bed. Walk the bottle bank round, it counts.'),
    (9, 'smallbatch', 'We cut the patches on Tuesdays. Here is what the table looks like at six in the evening.'),
    (10, 'hostingtips', 'A checklist for Saturday: jug, glasses, bread, a bowl for keys, a blanket for the one who stays.'),
    (11, 'slowmornings', 'The second half of the night is the light one. Whoever comes home late loses the deep half first.'),
    (12, 'behindthebar', 'Nobody orders water. Everybody drinks it when it is there.'),
    (13, 'smallbatch', 'What is in the box: ten patches, one card, one date. What is not: a leaflet nobody reads.'),
    (14, 'waterfirst', 'Salt, broth, bread. Old kitchens knew what to serve at midnight.'),
    (15, 'hostingtips', 'Nine hours on your feet at a wedding: flat shoes in the bag, water at every table change.'),
    (16, 'slowmornings', 'Easy run, short run or no run? Three questions to ask your legs before you decide.'),
    (17, 'behindthebar', 'Our first order came on a Monday at 9:12. We still know the name of the street.'),
    (18, 'smallbatch', 'What Vita does not do: make a short night longer. What it is: an easy habit before bed.'),
    (19, 'waterfirst', 'Late flight, early meeting. An empty bottle in the hand luggage is the whole trick.'),
    (20, 'hostingtips', 'How do you leave early without a speech? Four sentences that worked for us.'),
    (21, 'slowmornings', 'Move the hard task to the afternoon. The list will not mind.'),
    (22, 'behindthebar', 'Three guests told us where they keep their patches: wallet, key bowl, inside a book.')
) AS c (number, tag, caption) ON c.number = (w.week * 7 + i.item * 5 + n.number * 11) % 23
ON CONFLICT DO NOTHING;

-- Our own post, as the network shows it.
INSERT INTO analytics.content
    (organization_id, id, integration_id, external_content_id, platform, format, caption, hashtags, language, permalink,
     published_at, post_id, first_seen_at, last_seen_at, created_at, updated_at)
SELECT u.organization_id, md5(u.id::text || ':content')::uuid, u.social_account_id, u.platform_post_id, u.platform, 'post', p.content,
    ARRAY(SELECT jsonb_array_elements_text(p.hashtags)), 'en', u.platform_post_url, u.published_at, p.id,
    u.published_at + interval '1 day', u.published_at + interval '5 days', u.published_at + interval '1 day',
    u.published_at + interval '1 day'
FROM publishing.post_publications u
JOIN publishing.posts p ON p.organization_id = u.organization_id AND p.id = u.post_id
WHERE u.organization_id = current_setting('app.organization_id')::uuid AND u.idempotency_key = 'seed-linkedin'
ON CONFLICT DO NOTHING;

INSERT INTO analytics.content_tags
    (organization_id, content_id, tag_id, tag_type, source, confidence, assigned_by, created_at)
SELECT c.organization_id, c.id, t.id, t.type, CASE t.type WHEN 'manual' THEN 'user' ELSE 'hashtag' END::analytics.tag_source, 1,
    CASE t.type WHEN 'manual' THEN o.owner_user_id END, c.first_seen_at
FROM identity.organizations o
JOIN analytics.content c ON c.organization_id = o.organization_id
    AND c.integration_id IN (SELECT md5(o.organization_id::text || ':account:' || k)::uuid
        FROM unnest(ARRAY['linkedin', 'twitter', 'reddit', 'threads', 'instagram', 'facebook', 'mastodon']) AS k)
JOIN analytics.tags t ON t.organization_id = o.organization_id
    AND (t.type = 'auto' AND t.key = ANY (c.hashtags)
        OR t.type = 'manual' AND t.key = 'asks a question' AND c.caption LIKE '%?'
        OR t.type = 'manual' AND t.key = 'evergreen' AND c.caption LIKE '%checklist%')
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- Lifetime readings from the day of publishing on, at most fourteen: a third of the final size on the first day, half
-- on the second, then ever slower. X and Mastodon report no reach, Reddit only views: what is not reported stays empty.
INSERT INTO analytics.content_daily_metrics
    (organization_id, content_key, date, fetched_at, source_version, reach, impressions, views, reactions, comments, shares, clicks, saves,
     reach_change, impressions_change, views_change, reactions_change, comments_change, shares_change, clicks_change, saves_change)
SELECT m.organization_id, m.content_key, m.date, m.read_at, 'example', m.reach, m.impressions, m.views, m.reactions, m.comments, m.shares, m.clicks, m.saves,
    m.reach - coalesce(lag(m.reach) OVER past, 0),
    m.impressions - coalesce(lag(m.impressions) OVER past, 0),
    m.views - coalesce(lag(m.views) OVER past, 0),
    m.reactions - coalesce(lag(m.reactions) OVER past, 0),
    m.comments - coalesce(lag(m.comments) OVER past, 0),
    m.shares - coalesce(lag(m.shares) OVER past, 0),
    m.clicks - coalesce(lag(m.clicks) OVER past, 0),
    m.saves - coalesce(lag(m.saves) OVER past, 0)
FROM (
    SELECT c.organization_id, c.content_key, d.day AS date,
        CASE WHEN n.reports_reach THEN x.size END AS reach,
        CASE WHEN n.platform <> 'reddit' THEN x.size * 13 / 10 END AS impressions,
        CASE n.platform WHEN 'reddit' THEN x.size * 2 END AS views,
        x.size * n.rate / 1000 AS reactions, x.size * n.rate / 7000 AS comments, x.size * n.rate / 11000 AS shares,
        CASE WHEN n.platform IN ('linkedin', 'twitter', 'facebook') THEN x.size * 12 / 1000 END AS clicks,
        CASE n.platform WHEN 'instagram' THEN x.size * 9 / 1000 END AS saves,
        r.read_at
    FROM (VALUES
        ('linkedin', 1, 1450, 29, true), ('twitter', 2, 880, 21, false), ('reddit', 3, 620, 34, false),
        ('threads', 4, 410, 38, true), ('instagram', 5, 1900, 44, true), ('facebook', 6, 760, 25, true),
        ('mastodon', 7, 150, 52, false)
    ) AS n (platform, number, base, rate, reports_reach)
    JOIN accounts.social_accounts a ON a.organization_id = current_setting('app.organization_id')::uuid
        AND a.platform_user_id = 'seed-' || n.platform
    JOIN analytics.content c ON c.organization_id = a.organization_id AND c.integration_id = a.id
    CROSS JOIN LATERAL (SELECT (c.published_at AT TIME ZONE 'UTC')::date AS published,
        ((a.created_at + interval '60 days') AT TIME ZONE 'UTC')::date AS today) AS p
    CROSS JOIN LATERAL (SELECT CASE WHEN c.post_id IS NULL
        THEN n.base * (100 + (p.published - p.today + 56)) / 100 * (60 + (extract(day FROM c.published_at)::integer * 13
            + extract(hour FROM c.published_at)::integer * 7) % 81) / 100
        ELSE 3800 END AS final) AS f
    CROSS JOIN LATERAL (SELECT age, p.published + age AS day FROM generate_series(0, 13) AS g (age)) AS d
    CROSS JOIN LATERAL (SELECT f.final * (d.age + 1) / (d.age + 3) AS size) AS x
    CROSS JOIN LATERAL (SELECT (d.day + 1)::timestamp AT TIME ZONE 'UTC' + interval '2 hours' AS read_at) AS r
    WHERE d.day < p.today
) AS m
WINDOW past AS (PARTITION BY m.organization_id, m.content_key ORDER BY m.date)
ON CONFLICT DO NOTHING;

-- The accounts' own numbers of 56 days; followers grow up to what the account shows now.
INSERT INTO analytics.account_daily_metrics
    (organization_id, integration_id, date, followers, followers_gained, followers_lost, reach, impressions, engagements,
     profile_views, clicks, posts_count, basis, fetched_at)
SELECT a.organization_id, a.id, d.day, a.followers_count - d.ago * n.growth - (d.ago * 5 + n.number) % 3,
    n.growth + f.lost, f.lost, CASE WHEN n.reports_reach THEN f.seen END, f.seen * 13 / 10, f.seen * 33 / 1000, f.seen / 24,
    f.seen * 11 / 1000, a.posts_count - d.ago * n.per_week / 7, 'day', (d.day + 1)::timestamp AT TIME ZONE 'UTC' + interval '2 hours'
FROM (VALUES
    ('linkedin', 1, 9, 5, 2100, true), ('twitter', 2, 12, 7, 1800, false), ('reddit', 3, 2, 2, 400, false),
    ('threads', 4, 6, 3, 520, true), ('instagram', 5, 14, 3, 2600, true), ('facebook', 6, 3, 2, 690, true),
    ('mastodon', 7, 1, 2, 120, false)
) AS n (platform, number, growth, per_week, seen, reports_reach)
JOIN accounts.social_accounts a ON a.organization_id = current_setting('app.organization_id')::uuid
    AND a.platform_user_id = 'seed-' || n.platform
CROSS JOIN LATERAL (SELECT ago, ((a.created_at + interval '60 days') AT TIME ZONE 'UTC')::date - ago AS day
    FROM generate_series(1, 56) AS g (ago)) AS d
CROSS JOIN LATERAL (SELECT (d.ago * 3 + n.number) % 4 AS lost,
    n.seen * (156 - d.ago) / 100 * (80 + (d.ago * 7 + n.number * 5) % 41) / 100 AS seen) AS f
ON CONFLICT DO NOTHING;

-- All ten accounts once a week.
INSERT INTO analytics.account_snapshots
    (organization_id, account_id, recorded_on, followers_count, following_count, posts_count, collected_at)
SELECT a.organization_id, a.id, d.day, a.followers_count - a.followers_count * w.week / 40, a.following_count,
    greatest(0, a.posts_count - w.week * 3), (d.day + 1)::timestamp AT TIME ZONE 'UTC' + interval '3 hours'
FROM accounts.social_accounts a
CROSS JOIN generate_series(0, 7) AS w (week)
CROSS JOIN LATERAL (SELECT ((a.created_at + interval '60 days') AT TIME ZONE 'UTC')::date - 1 - w.week * 7 AS day) AS d
WHERE a.organization_id = current_setting('app.organization_id')::uuid AND a.platform_user_id = 'seed-' || a.platform::text
ON CONFLICT DO NOTHING;

INSERT INTO analytics.publication_snapshots
    (organization_id, id, publication_id, post_id, social_account_id, platform, recorded_at, period_start, period_end,
     collected_at, likes_count, comments_count, shares_count, impressions_count, reach_count, clicks_count, website_clicks,
     engagement_rate, engagement_basis, ctr, created_at, updated_at)
SELECT u.organization_id, md5(u.id::text || ':snapshot:' || d.age)::uuid, u.id, u.post_id, u.social_account_id, u.platform,
    t.at, t.at - interval '1 day', t.at, t.at + interval '2 hours', x.likes, x.comments, x.shares, x.impressions, x.reach,
    x.reach / 80, x.reach / 110, round((x.likes + x.comments + x.shares) * 100.0 / x.reach, 2), 'reach',
    round((x.reach / 80) * 100.0 / x.impressions, 2), t.at + interval '2 hours', t.at + interval '2 hours'
FROM publishing.post_publications u
CROSS JOIN generate_series(1, 5) AS d (age)
CROSS JOIN LATERAL (SELECT date_trunc('day', u.published_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + make_interval(days => d.age) AS at) AS t
CROSS JOIN LATERAL (SELECT u.likes_count * (d.age + 2) / 7 AS likes, u.comments_count * (d.age + 2) / 7 AS comments,
    u.shares_count * (d.age + 2) / 7 AS shares, u.impressions_count * (d.age + 2) / 7 AS impressions,
    u.reach_count * (d.age + 2) / 7 AS reach) AS x
WHERE u.organization_id = current_setting('app.organization_id')::uuid AND u.idempotency_key = 'seed-linkedin'
ON CONFLICT DO NOTHING;

-- Sums per day: of all accounts, of each group, of each account. The accounts that reported are those with a row.
INSERT INTO analytics.daily_rollups
    (organization_id, date, scope_type, scope_id, content_count, new_content_count,
     reach, impressions, views, reactions, comments, shares, clicks, saves, engagement,
     reach_items, impressions_items, views_items, reactions_items, comments_items, shares_items, clicks_items, saves_items, engagement_items,
     rated_engagement, rated_by_reach, rated_by_views, rated_by_impressions, followers_delta, integrations_expected,
     integrations_ok, computed_at)
SELECT m.organization_id, m.date, k.scope_type, k.scope_id, sum(n.items), sum(n.new_items),
    sum(n.reach), sum(n.impressions), sum(n.views), sum(n.reactions), sum(n.comments), sum(n.shares), sum(n.clicks), sum(n.saves), sum(n.engagement),
    coalesce(sum(n.reach_items), 0), coalesce(sum(n.impressions_items), 0), coalesce(sum(n.views_items), 0), coalesce(sum(n.reactions_items), 0), coalesce(sum(n.comments_items), 0), coalesce(sum(n.shares_items), 0), coalesce(sum(n.clicks_items), 0), coalesce(sum(n.saves_items), 0), coalesce(sum(n.engagement_items), 0),
    coalesce(sum(n.rated_engagement), 0), coalesce(sum(n.rated_by_reach), 0), coalesce(sum(n.rated_by_views), 0),
    coalesce(sum(n.rated_by_impressions), 0), sum(m.followers_gained - m.followers_lost), count(*), count(*),
    max(m.fetched_at) + interval '1 hour'
FROM analytics.account_daily_metrics m
JOIN accounts.social_accounts a ON a.organization_id = m.organization_id AND a.id = m.integration_id
    AND a.platform_user_id = 'seed-' || a.platform::text
JOIN analytics.tracked_integrations t ON t.organization_id = m.organization_id AND t.integration_id = m.integration_id
CROSS JOIN LATERAL (
    SELECT count(*) AS items, count(*) FILTER (WHERE (c.published_at AT TIME ZONE 'UTC')::date = m.date) AS new_items,
        sum(d.reach_change) AS reach, count(d.reach_change) AS reach_items,
        sum(d.impressions_change) AS impressions, count(d.impressions_change) AS impressions_items,
        sum(d.views_change) AS views, count(d.views_change) AS views_items,
        sum(d.reactions_change) AS reactions, count(d.reactions_change) AS reactions_items,
        sum(d.comments_change) AS comments, count(d.comments_change) AS comments_items,
        sum(d.shares_change) AS shares, count(d.shares_change) AS shares_items,
        sum(d.clicks_change) AS clicks, count(d.clicks_change) AS clicks_items,
        sum(d.saves_change) AS saves, count(d.saves_change) AS saves_items,
        sum(e.engagement) AS engagement, count(e.engagement) AS engagement_items,
        sum(e.engagement) FILTER (WHERE b.rated_by <> '') AS rated_engagement,
        sum(d.reach_change) FILTER (WHERE b.rated_by = 'reach') AS rated_by_reach,
        sum(d.views_change) FILTER (WHERE b.rated_by = 'views') AS rated_by_views,
        sum(d.impressions_change) FILTER (WHERE b.rated_by = 'impressions') AS rated_by_impressions
    FROM analytics.content c
    JOIN analytics.content_daily_metrics d ON d.organization_id = c.organization_id AND d.content_key = c.content_key
    CROSS JOIN LATERAL (SELECT d.reactions_change + d.comments_change + d.shares_change AS engagement) AS e
    CROSS JOIN LATERAL (SELECT CASE WHEN d.reach_change > 0 THEN 'reach' WHEN d.views_change > 0 THEN 'views'
        WHEN d.impressions_change > 0 THEN 'impressions' ELSE '' END AS rated_by) AS b
    WHERE c.organization_id = m.organization_id AND c.integration_id = m.integration_id AND d.date = m.date
) AS n
CROSS JOIN LATERAL (
    SELECT 'org'::analytics.rollup_scope AS scope_type, m.organization_id AS scope_id
    UNION ALL SELECT 'integration', m.integration_id
    UNION ALL SELECT 'group', g.group_id FROM analytics.page_group_members g
        WHERE g.organization_id = m.organization_id AND g.tracked_integration_id = t.id
) AS k
WHERE m.organization_id = current_setting('app.organization_id')::uuid
GROUP BY m.organization_id, m.date, k.scope_type, k.scope_id
ON CONFLICT DO NOTHING;

-- The collecting of the last seven days; one account was slowed down once.
INSERT INTO analytics.ingest_runs
    (organization_id, id, integration_id, kind, date, trigger, status, attempt, items_total, items_ok, items_failed, api_calls,
     error_type, started_at, finished_at, created_at, updated_at)
SELECT a.organization_id, md5(a.id::text || ':run:' || k.kind || ':' || d.ago)::uuid, a.id, k.kind::analytics.ingest_kind, d.day,
    'schedule', CASE WHEN f.slowed THEN 'partial' ELSE 'success' END::analytics.ingest_status, 1, 6 + d.ago,
    6 + d.ago - CASE WHEN f.slowed THEN 2 ELSE 0 END, CASE WHEN f.slowed THEN 2 ELSE 0 END, 3 + d.ago,
    CASE WHEN f.slowed THEN 'rate_limit'::analytics.ingest_error_type END, t.started, t.started + make_interval(secs => 4 + d.ago),
    t.started, t.started + make_interval(secs => 4 + d.ago)
FROM accounts.social_accounts a
JOIN analytics.tracked_integrations i ON i.organization_id = a.organization_id AND i.integration_id = a.id
CROSS JOIN (VALUES ('content', 1), ('metrics', 2), ('account', 3)) AS k (kind, place)
CROSS JOIN LATERAL (SELECT ago, ((a.created_at + interval '60 days') AT TIME ZONE 'UTC')::date - ago AS day
    FROM generate_series(1, 7) AS g (ago)) AS d
CROSS JOIN LATERAL (SELECT a.platform = 'twitter' AND k.kind = 'metrics' AND d.ago = 3 AS slowed) AS f
CROSS JOIN LATERAL (SELECT (d.day + 1)::timestamp AT TIME ZONE 'UTC' + make_interval(hours => 2, mins => k.place * 4) AS started) AS t
WHERE a.organization_id = current_setting('app.organization_id')::uuid AND a.platform_user_id = 'seed-' || a.platform::text
ON CONFLICT DO NOTHING;

INSERT INTO analytics.ingest_errors
    (run_id, organization_id, integration_id, external_content_id, date, error_type, http_status, platform_code, message,
     retry_at, created_at)
SELECT r.id, r.organization_id, r.integration_id, 'seed-1-' || v.item, r.date, 'rate_limit', 429, '88',
    'The network asked us to wait for 15 minutes.', r.started_at + interval '15 minutes', r.started_at + interval '2 seconds'
FROM analytics.ingest_runs r
CROSS JOIN (VALUES (1), (2)) AS v (item)
WHERE r.organization_id = current_setting('app.organization_id')::uuid AND r.status = 'partial'
    AND r.id = md5(r.integration_id::text || ':run:metrics:3')::uuid
    AND NOT EXISTS (SELECT FROM analytics.ingest_errors e WHERE e.organization_id = r.organization_id AND e.run_id = r.id)
ORDER BY v.item;
