-- What was made of posts and weeks: variants of two drafts, checks against the brand rules, and two weekly
-- reports with their recommendations.
INSERT INTO strategy.content_variants
    (organization_id, id, generation_id, post_id, variant_no, content, differentiator, confidence, scores, chosen, created_at)
SELECT g.organization_id, md5(g.id::text || ':variant:' || v.place)::uuid, g.id, p.id, v.place,
    jsonb_build_object('hook', v.hook), v.differentiator, v.confidence, v.scores::jsonb, v.chosen, g.finished_at
FROM (VALUES
    ('linkedin', 1, 'The first thing guests reach for is what stands closest.', 'An observation', 0.90, '{"engagement": 0.82, "conversion": 0.41, "search": 0.35, "readability": 0.93, "brandSafety": 0.99}', true),
    ('linkedin', 2, 'Two minutes of work decide about your Sunday.', 'A promise', 0.78, '{"engagement": 0.74, "conversion": 0.52, "search": 0.31, "readability": 0.95, "brandSafety": 0.88}', false),
    ('linkedin', 3, 'What stands on your table when the bell rings?', 'A question', 0.81, '{"engagement": 0.79, "conversion": 0.38, "search": 0.33, "readability": 0.96, "brandSafety": 0.99}', false),
    ('thread', 1, 'Nine years behind a bar, five things that stayed:', 'A number', 0.85, '{"engagement": 0.86, "conversion": 0.30, "search": 0.28, "readability": 0.94, "brandSafety": 0.97}', true),
    ('thread', 2, 'Nobody thanks you for the water.', 'The last line first', 0.72, '{"engagement": 0.81, "conversion": 0.25, "search": 0.22, "readability": 0.97, "brandSafety": 0.97}', false)
) AS v (key, place, hook, differentiator, confidence, scores, chosen)
JOIN strategy.generations g ON g.organization_id = current_setting('app.organization_id')::uuid
    AND g.id = md5(g.organization_id::text || ':generation:' || v.key)::uuid
JOIN publishing.posts p ON p.organization_id = g.organization_id AND p.id = md5(p.organization_id::text || ':own_post:' || v.key)::uuid
ON CONFLICT DO NOTHING;

INSERT INTO strategy.brand_checks
    (organization_id, id, post_id, post_revision, content_hash, rules_version, passed, score, compliance, findings, suggestions,
     llm_used, confidence, duration_ms, created_at)
SELECT p.organization_id, md5(p.id::text || ':brand_check')::uuid, p.id, 1, sha256(convert_to(p.content, 'UTF8')), 2, v.passed, v.score,
    v.compliance::jsonb, v.findings::jsonb, v.suggestions::jsonb, false, v.confidence, v.took, p.created_at + interval '1 minute'
FROM (VALUES
    ('linkedin', true, 96, '{"legal": true, "brand": true, "platform": true, "quality": true, "privacy": true}', '[]', '[]', 0.95, 18),
    ('thread', true, 91, '{"legal": true, "brand": true, "platform": true, "quality": true, "privacy": true}', '[{"kind": "quality", "severity": "info", "rule_id": "quality.sentences", "message": "Two posts of the thread begin with the same word."}]', '[]', 0.90, 22),
    ('box', false, 72, '{"legal": false, "brand": true, "platform": true, "quality": true, "privacy": true}', '[{"kind": "legal", "severity": "error", "rule_id": "legal.card", "message": "The wearing notes must be named.", "suggestion": "Say that the card explains how a patch is worn.", "text": "a leaflet nobody reads"}]', '[{"type": "addition", "text": "The card says how long a patch is worn."}]', 0.88, 20),
    ('soup', true, 94, '{"legal": true, "brand": true, "platform": true, "quality": true, "privacy": true}', '[]', '[]', 0.93, 15)
) AS v (key, passed, score, compliance, findings, suggestions, confidence, took)
JOIN publishing.posts p ON p.organization_id = current_setting('app.organization_id')::uuid
    AND p.id = md5(p.organization_id::text || ':own_post:' || v.key)::uuid
ON CONFLICT DO NOTHING;

-- The two full weeks before the day of the first run. Counts, rate and followers are computed from the days above.
INSERT INTO strategy.weekly_summaries
    (organization_id, id, week_start, week_end, report_md, key_insights, facts, total_posts, avg_engagement, follower_delta,
     top_performer, accepted, accepted_at, accepted_by, generation_id, generated_by, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':week:' || w.ago)::uuid, d.monday, d.monday + 6,
    format(E'## Week at a glance\n%s posts, an average engagement rate of %s %%, %s more followers.\n\n## What worked\n%s\n\n## What did not\n%s\n\n## Channel mix\nLinkedIn and X kept their pace, Reddit stayed one post behind the plan.\n\n## Recommended changes\n1. %s\n\n## Next week''s plan\n24 posts, two of them in series.\n\n## Data notes\nX and Mastodon report no reach; Reddit reports views only.',
        f.posts, f.rate, f.followers, w.worked, w.failed, w.change),
    jsonb_build_array(
        jsonb_build_object('type', 'positive', 'title', w.worked, 'impact', 'high'),
        jsonb_build_object('type', 'negative', 'title', w.failed, 'impact', 'medium')),
    jsonb_build_object('posts', f.posts, 'engagementRate', f.rate, 'followers', f.followers), f.posts, f.rate, f.followers,
    CASE WHEN (p.published_at AT TIME ZONE 'UTC')::date BETWEEN d.monday AND d.monday + 6 THEN p.id END, w.ago = 2,
    CASE w.ago WHEN 2 THEN t.made + interval '5 hours' END, CASE w.ago WHEN 2 THEN o.owner_user_id END, g.id, 'mock-1', t.made,
    t.made + interval '5 hours'
FROM identity.organizations o
CROSS JOIN (SELECT (current_setting('app.seed_now')::timestamptz AT TIME ZONE 'UTC')::date AS today) AS s
CROSS JOIN (VALUES
    (2, 'week2', 'Stories from behind the bar lead the week.', 'Product posts on weekday evenings stay far below the mean.', 'Move product posts to Tuesday mornings.'),
    (1, 'week1', 'Education carries the week; questions at the end bring twice the comments.', 'Threads after nine in the evening lose half their readers.', 'Publish threads before seven in the evening.')
) AS w (ago, generation, worked, failed, change)
CROSS JOIN LATERAL (SELECT date_trunc('week', s.today)::date - 7 * w.ago AS monday) AS d
CROSS JOIN LATERAL (SELECT (d.monday + 7)::timestamp AT TIME ZONE 'UTC' + interval '6 hours' AS made) AS t
CROSS JOIN LATERAL (SELECT coalesce(sum(r.new_content_count), 0)::integer AS posts, coalesce(sum(r.followers_delta), 0)::integer AS followers,
    round(coalesce(sum(r.engagement) * 100.0 / nullif(sum(r.impressions), 0), 0), 2) AS rate
    FROM analytics.daily_rollups r WHERE r.organization_id = o.organization_id AND r.scope_type = 'org'
        AND r.scope_id = o.organization_id AND r.format = 'all' AND r.date BETWEEN d.monday AND d.monday + 6) AS f
LEFT JOIN publishing.posts p ON p.organization_id = o.organization_id AND p.id = md5(o.organization_id::text || ':own_post:linkedin')::uuid
LEFT JOIN strategy.generations g ON g.organization_id = o.organization_id AND g.id = md5(o.organization_id::text || ':generation:' || w.generation)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO strategy.recommendations
    (organization_id, id, summary_id, area, kind, title, rationale, evidence, patch, expected_effect, confidence, status,
     decided_by, decided_at, created_at)
SELECT y.organization_id, md5(y.id::text || ':recommendation:' || v.place)::uuid, y.id, v.area, v.kind, v.title,
    format(v.rationale, y.total_posts, y.avg_engagement), jsonb_build_array(jsonb_build_object('engagementRate', y.avg_engagement)),
    v.patch::jsonb, v.effect, v.confidence, v.status::strategy.recommendation_status,
    CASE WHEN v.status <> 'open' THEN y.accepted_by END, CASE WHEN v.status <> 'open' THEN y.accepted_at END, y.created_at
FROM (VALUES
    (2, 1, 'timing', 'strategy_change', 'Product posts on Tuesday mornings', 'Of %s posts at a mean rate of %s %%, those of the pillar Product did best before ten.', '[{"op": "replace", "path": "/channel_plan/0/best_windows/0/days", "value": [2, 3]}]', 'A third more comments on product posts', 0.71, 'accepted'),
    (2, 2, 'hook', 'content_pivot', 'Begin with the scene, not with the tip', '%s posts, mean rate %s %%: scenes were read to the end more often.', NULL, 'Longer reading', 0.64, 'rejected'),
    (1, 1, 'timing', 'strategy_change', 'Threads before seven in the evening', 'Of %s posts at a mean rate of %s %%, late threads lost half of their readers after the first post.', '[{"op": "replace", "path": "/channel_plan/1/best_windows/0/end", "value": "19:00"}]', 'More readers reach the last post', 0.68, 'open'),
    (1, 2, 'cta', 'content_pivot', 'End more posts with a question', '%s posts, mean rate %s %%: questions brought twice the comments.', NULL, 'Twice the comments', 0.75, 'open')
) AS v (ago, place, area, kind, title, rationale, patch, effect, confidence, status)
JOIN strategy.weekly_summaries y ON y.organization_id = current_setting('app.organization_id')::uuid
    AND y.id = md5(y.organization_id::text || ':week:' || v.ago)::uuid
ON CONFLICT DO NOTHING;
