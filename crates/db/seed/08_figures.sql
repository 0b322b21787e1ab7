-- Thirty days of key figures per network and for all of them. Each is a base, a slow trend and a wave over the days
-- that repeats every eleven; the figures of all networks are the means weighted by the size of the samples. The id
-- names the day by its distance, so a later run adds nothing.
INSERT INTO engagement.kpi_metrics
    (organization_id, id, date, platform, metric_type, metric_name, value, sample_size, created_at, updated_at)
SELECT o.organization_id,
    md5(o.organization_id::text || ':kpi:' || k.ago || ':' || coalesce(k.platform, 'all') || ':' || k.name)::uuid,
    (s.today AT TIME ZONE 'UTC')::date - k.ago, k.platform::accounts.platform, k.type::engagement.kpi_type, k.name,
    -- The reply that was taken back counts for a week.
    k.value - CASE WHEN k.name = 'safety_score' AND k.ago <= 5 AND coalesce(k.platform, 'threads') = 'threads'
        THEN 5 ELSE 0 END,
    k.size, s.today - make_interval(days => k.ago - 1), s.today - make_interval(days => k.ago - 1)
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (
    SELECT g.ago, n.platform, m.type, m.name, sum(f.size)::integer AS size,
        round(sum(f.size * f.value) / sum(f.size), 4)::double precision AS value
    FROM generate_series(1, 30) AS g (ago)
    CROSS JOIN (VALUES ('twitter', 1, 14), ('reddit', 2, 7), ('threads', 3, 9)) AS n (platform, number, replies)
    CROSS JOIN (VALUES
        (1, 'commercial', 'ctr', 0.0180, 0.00020, 0.0040),
        (2, 'commercial', 'clicks_per_reply', 0.0260, 0.00030, 0.0060),
        (3, 'commercial', 'dwell_seconds', 44.0, 0.15, 6.0),
        (4, 'commercial', 'add_to_cart_rate', 0.1450, 0.00050, 0.0200),
        (5, 'commercial', 'conversion_rate', 0.0740, 0.00030, 0.0110),
        (6, 'commercial', 'revenue_per_reply', 0.4100, 0.00450, 0.0900),
        (7, 'love', 'thanks_likes_rate', 0.1180, 0.00060, 0.0220),
        (8, 'love', 'follows_per_100', 2.7, 0.020, 0.60),
        (9, 'love', 'positive_sentiment_rate', 0.7300, 0.00150, 0.0450),
        (10, 'safety', 'removal_ratio', 0.7500, -0.0060, 0.1800),
        (11, 'safety', 'platform_strikes', 0, 0, 0),
        (12, 'safety', 'self_deletion_rate', 0.0110, -0.00010, 0.0040),
        (13, 'safety', 'escalation_rate', 0.0380, -0.00020, 0.0080),
        (14, 'safety', 'safety_score', 100, 0, 0)
    ) AS m (number, type, name, base, trend, wave)
    CROSS JOIN LATERAL (SELECT
        n.replies + (g.ago * 3 + n.number) % 5 AS size,
        m.base + m.trend * (30 - g.ago) + m.wave * ((g.ago * 7 + n.number * 4 + m.number * 3) % 11 - 5) / 5.0 AS value
    ) AS f
    GROUP BY GROUPING SETS ((g.ago, n.platform, m.type, m.name), (g.ago, m.type, m.name))
) AS k
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The searches of the last day, one every four hours and network. One ended early.
INSERT INTO engagement.detection_runs
    (organization_id, id, platform, started_at, finished_at, scanned, matched, spam, queued, duplicates, error)
SELECT o.organization_id, md5(o.organization_id::text || ':detection_run:' || n.platform || ':' || g.number)::uuid,
    n.platform::accounts.platform, t.started, t.started + make_interval(secs => 20 + g.number), c.scanned,
    c.matched, c.spam, c.matched - c.spam - c.duplicates, c.duplicates,
    CASE WHEN c.failed THEN 'The network asked us to wait for 15 minutes.' END
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES ('twitter', 1), ('reddit', 2), ('threads', 3)) AS n (platform, number)
CROSS JOIN generate_series(1, 6) AS g (number)
CROSS JOIN LATERAL (SELECT s.today - make_interval(hours => 4 * g.number, mins => n.number) AS started) AS t
CROSS JOIN LATERAL (SELECT n.platform = 'reddit' AND g.number = 4 AS failed,
    180 + (g.number * 37 + n.number * 11) % 90 AS scanned, 6 + (g.number + n.number) % 4 AS matched,
    (g.number * n.number) % 3 AS spam, (g.number + 2 * n.number) % 3 AS duplicates) AS c
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
