-- Accounts on every network, posts in every state that a newcomer meets, and what helps to plan them.
--
-- Nothing here can reach a network, four times over. No account has a token, and without a refresh token none is
-- renewed. Each has the status error, from which the engine does not send. Their addresses end in .invalid, a domain
-- that never resolves (RFC 2606). No publication is scheduled, retrying or publishing, which is all that the engine
-- looks at: what is planned is a draft, and the publication that is out asks for no more figures.
INSERT INTO accounts.social_accounts
    (organization_id, id, connected_by, platform, platform_user_id, username, display_name, profile_url, status, health,
     connector, base_url, scopes, metadata, followers_count, following_count, posts_count, last_synced_at,
     consecutive_failures, last_error_code, last_error_message, last_error_at, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':account:' || v.platform)::uuid, o.owner_user_id,
    v.platform::accounts.platform, 'seed-' || v.platform, v.username, v.name,
    'https://' || v.platform || '.example/' || v.username, 'error', 'unhealthy', 'sandbox',
    'https://' || v.platform || '.invalid/', '{}', '{"example": true}', v.followers, v.following, v.posts,
    s.today - interval '2 hours', 1, 'permission',
    'This is an example account without a token. Connect your own account to publish.', s.today - interval '1 hour',
    s.today - interval '60 days', s.today - interval '1 hour'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('linkedin', 'vita-mornings', 'Vita', 2312, 180, 96),
    ('twitter', 'vita_mornings', 'Vita', 4180, 410, 402),
    ('reddit', 'vita-antone', 'Antone from Vita', 640, 0, 88),
    ('threads', 'vita.mornings', 'Vita', 1210, 150, 70),
    ('instagram', 'vita.mornings', 'Vita', 5630, 320, 144),
    ('facebook', 'vita.mornings', 'Vita', 1875, 40, 112),
    ('mastodon', 'vita@social.example', 'Vita', 310, 95, 61),
    ('tiktok', 'vita.mornings', 'Vita', 890, 12, 9),
    ('youtube', 'vita-mornings', 'Vita', 145, 8, 4),
    ('bluesky', 'vita.social.example', 'Vita', 420, 130, 33)
) AS v (platform, username, name, followers, following, posts)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The ids of events are counted, so the rows themselves say whether they are there.
INSERT INTO accounts.account_events (organization_id, account_id, kind, from_value, to_value, occurred_at)
SELECT a.organization_id, a.id, v.kind, v.before, v.after, a.created_at + v.later::interval
FROM accounts.social_accounts a
CROSS JOIN (VALUES
    (1, 'connected', NULL, 'active', '0 days'),
    (2, 'status_changed', 'active', 'error', '59 days 23 hours')
) AS v (place, kind, before, after, later)
WHERE a.organization_id = current_setting('app.organization_id')::uuid AND a.platform_user_id = 'seed-' || a.platform::text
    AND NOT EXISTS (SELECT FROM accounts.account_events e
        WHERE e.organization_id = a.organization_id AND e.account_id = a.id AND e.kind = v.kind)
ORDER BY a.platform, v.place;

INSERT INTO publishing.schedule_templates
    (organization_id, id, name, description, is_active, platforms, schedule_type, timezone, recurring_config,
     optimal_time_config, bulk_config, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':schedule_template:' || v.key)::uuid, v.name, v.description, v.active,
    v.platforms::accounts.platform[], v.type::publishing.schedule_type, 'Europe/Berlin', v.recurring::jsonb,
    v.optimal::jsonb, v.bulk::jsonb, s.today - interval '55 days', s.today - interval '20 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('weekday', 'Weekday mornings', 'Monday to Friday at half past eight.', true, '{linkedin}', 'recurring',
     '{"frequency": "weekly", "interval": 1, "daysOfWeek": [1, 2, 3, 4, 5], "timeSlots": ["08:30"]}', NULL, NULL),
    ('weekend', 'When they read', 'The best hours of the last eight weeks.', true, '{twitter,threads}', 'optimal_time', NULL,
     '{"analysisDays": 56, "audienceTimezone": "Europe/Berlin", "metrics": ["engagement", "reach"]}', NULL),
    ('launch', 'Launch day', 'Six posts over one day.', false, '{twitter,linkedin,facebook}', 'bulk', NULL, NULL,
     '{"timeSlots": ["09:00", "12:00", "18:00"], "distribution": "even", "spacingMinutes": 45}')
) AS v (key, name, description, active, platforms, type, recurring, optimal, bulk)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The thread is planned for two hours after midnight: whatever the hour of the first run, it lies ahead.
INSERT INTO publishing.posts
    (organization_id, id, author_user_id, platform, origin, title, content, hook, cta, format, hashtags, status, outcome,
     editorial_state, scheduled_at, timezone, is_scheduled, published_at, failed_at, error_message, pillar_id, series_id,
     sequence_no, strategy_id, generation_id, generated_by, confidence, rationale, schedule_template_id, analytics,
     approved_revision, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':own_post:' || v.key)::uuid, o.owner_user_id,
    v.platform::accounts.platform, v.origin::publishing.post_origin, v.title, v.content, v.hook, v.cta,
    v.format::publishing.post_format, to_jsonb(v.hashtags), v.status::publishing.post_status,
    v.outcome::publishing.post_outcome, v.review::publishing.editorial_state,
    CASE v.status WHEN 'draft' THEN NULL ELSE t.planned END, 'UTC', v.planned IS NOT NULL,
    CASE v.status WHEN 'published' THEN t.planned + interval '4 seconds' END,
    CASE v.status WHEN 'failed' THEN t.planned + interval '3 seconds' END, v.error, p.id, r.id,
    CASE WHEN r.id IS NOT NULL THEN v.part END, y.id, g.id, CASE WHEN g.id IS NOT NULL THEN 'mock-1' END, v.confidence, v.rationale,
    m.id, CASE v.key WHEN 'linkedin' THEN '{"totalLikes": 86, "totalComments": 11, "totalShares": 7, "totalImpressions": 4120, "totalReach": 3170}'::jsonb
        ELSE '{}' END,
    CASE v.review WHEN 'approved' THEN 1 END, s.today - v.made::interval, s.today - v.changed::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('linkedin', 'linkedin', 'ai', 'What hosts forget', E'The first thing guests reach for is what stands closest.\n\nNine years behind a bar taught me one trick for dinners at home: set a jug of water and clean glasses on the table before the wine is open. Nobody has to ask, and nobody has to be told.\n\nIt costs two minutes. It is the whole difference between a Sunday with plans and a Sunday with curtains drawn.\n\nWhat do you set on the table first?', 'The first thing guests reach for is what stands closest.', 'What do you set on the table first?', 'post', ARRAY['hostingtips', 'waterfirst'], 'published', 'complete', 'approved', '-6 days 8 hours 30 minutes', NULL, 'education', 'hosts', 6, 'linkedin', 0.90, 'Questions at the end brought twice the comments in the last four weeks.', 'weekday', '7 days', '6 days'),
    ('thread', 'twitter', 'ai', 'Five things we learned behind a bar', E'Nine years behind a bar, five things that stayed:\n\n1/ People do not order water. They drink it when it is there.\n\n2/ Whoever eats at seven leaves at a decent hour. Whoever eats at eleven stays till two.\n\n3/ The last round is never the one that matters. The one nobody counted is.\n\n4/ A short walk home is worth more than any advice.\n\n5/ Nobody thanks you for the water. They come back, though.', 'Nine years behind a bar, five things that stayed:', NULL, 'thread', ARRAY['behindthebar'], 'draft', 'none', 'pending_review', '1 day 2 hours', NULL, 'founder_story', 'bar', 4, 'thread', 0.85, 'Threads of the founder story reach the most people who do not follow us.', 'weekend', '1 day', '20 hours'),
    ('box', 'linkedin', 'human', 'The new box', E'The new box is smaller by a third and opens without scissors.\n\nInside: ten patches, a card that says how to wear them, and a date. What is not inside: a leaflet nobody reads.', 'The new box opens without scissors.', NULL, 'post', ARRAY['smallbatch'], 'draft', 'none', 'needs_changes', NULL, NULL, 'product', 'batch', 3, NULL, NULL, NULL, NULL, '9 days', '3 days'),
    ('soup', 'instagram', 'human', 'Soup at midnight', 'Old kitchens kept a pot on the stove until the last guest had left. Salt, broth, bread. Try it on Saturday and tell us who stayed for a second bowl.', NULL, 'Tell us who stayed.', 'post', ARRAY['slowmornings'], 'draft', 'none', 'approved', NULL, NULL, 'education', NULL, NULL, NULL, NULL, NULL, NULL, '4 days', '2 days'),
    ('evening', 'facebook', 'human', 'Open evening', 'On Thursday we open the workshop from six to eight. Come and see how a batch is cut and packed; there will be bread, cheese and a lot of water.', NULL, 'Come by on Thursday.', 'post', ARRAY['smallbatch'], 'failed', 'failed', 'approved', '-1 day 10 hours', 'Vita: the account''s connection is error', 'product', NULL, NULL, NULL, NULL, NULL, NULL, '3 days', '38 hours'),
    ('poll', 'reddit', 'human', 'What do you move when the night was short?', 'Meetings, training, the hard task? We collect what works for people and write it up without names.', NULL, NULL, 'post', ARRAY[]::text[], 'cancelled', 'none', 'approved', '-4 days 9 hours', NULL, 'customers', NULL, NULL, NULL, NULL, NULL, NULL, '6 days', '5 days')
) AS v (key, platform, origin, title, content, hook, cta, format, hashtags, status, outcome, review, planned, error, pillar,
    series, part, generation, confidence, rationale, template, made, changed)
CROSS JOIN LATERAL (SELECT s.today + v.planned::interval AS planned) AS t
LEFT JOIN strategy.content_pillars p ON p.organization_id = o.organization_id AND p.key = v.pillar
LEFT JOIN strategy.series r ON r.organization_id = o.organization_id AND r.id = md5(o.organization_id::text || ':series:' || v.series)::uuid
LEFT JOIN strategy.generations g ON g.organization_id = o.organization_id AND g.id = md5(o.organization_id::text || ':generation:' || v.generation)::uuid
LEFT JOIN strategy.ai_strategies y ON y.organization_id = o.organization_id AND y.id = md5(o.organization_id::text || ':strategy:1')::uuid AND g.id IS NOT NULL
LEFT JOIN publishing.schedule_templates m ON m.organization_id = o.organization_id AND m.id = md5(o.organization_id::text || ':schedule_template:' || v.template)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO publishing.post_revisions
    (organization_id, id, post_id, revision, snapshot, source, editor_user_id, created_at)
SELECT p.organization_id, md5(p.id::text || ':revision:1')::uuid, p.id, 1,
    jsonb_build_object('title', p.title, 'content', p.content, 'hashtags', p.hashtags, 'mentions', p.mentions, 'media', '[]'::jsonb),
    CASE p.origin WHEN 'ai' THEN 'ai' ELSE 'human' END::publishing.change_source, p.author_user_id, p.created_at
FROM publishing.posts p
WHERE p.organization_id = current_setting('app.organization_id')::uuid
    AND p.id IN (SELECT md5(p.organization_id::text || ':own_post:' || k)::uuid
        FROM unnest(ARRAY['linkedin', 'thread', 'box', 'soup', 'evening', 'poll']) AS k)
ON CONFLICT DO NOTHING;

INSERT INTO publishing.post_publications
    (organization_id, id, post_id, social_account_id, platform, status, idempotency_key, scheduled_for, attempt_count,
     last_attempt_at, cancel_requested_at, platform_post_id, platform_post_url, published_at, failed_at, error_class,
     error_code, error_message, likes_count, comments_count, shares_count, impressions_count, reach_count, last_synced_at,
     created_at, updated_at)
SELECT p.organization_id, md5(p.id::text || ':publication')::uuid, p.id, a.id, a.platform,
    p.status::text::publishing.publication_status, 'seed-' || v.key, p.created_at + v.ahead::interval,
    CASE WHEN v.key IN ('linkedin', 'evening') THEN 1 ELSE 0 END,
    CASE WHEN v.key IN ('linkedin', 'evening') THEN p.scheduled_at + interval '2 seconds' END,
    CASE p.status WHEN 'cancelled' THEN p.updated_at END,
    CASE v.key WHEN 'linkedin' THEN 'urn:li:share:7300000000000000006' END,
    CASE v.key WHEN 'linkedin' THEN 'https://linkedin.example/feed/update/7300000000000000006' END,
    p.published_at, p.failed_at, CASE p.status WHEN 'failed' THEN 'auth'::publishing.error_class END,
    CASE p.status WHEN 'failed' THEN 'account_not_usable' END,
    CASE p.status WHEN 'failed' THEN 'the account''s connection is error' END,
    v.likes, v.comments, v.shares, v.impressions, v.reach, CASE v.key WHEN 'linkedin' THEN p.published_at + interval '5 days' END,
    p.created_at, p.updated_at
FROM (VALUES
    ('linkedin', '1 day 8 hours 30 minutes', 86, 11, 7, 4120, 3170),
    ('thread', '2 days 2 hours', NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint),
    ('evening', '2 days 10 hours', NULL, NULL, NULL, NULL, NULL),
    ('poll', '2 days 9 hours', NULL, NULL, NULL, NULL, NULL)
) AS v (key, ahead, likes, comments, shares, impressions, reach)
JOIN publishing.posts p ON p.organization_id = current_setting('app.organization_id')::uuid
    AND p.id = md5(p.organization_id::text || ':own_post:' || v.key)::uuid
JOIN accounts.social_accounts a ON a.organization_id = p.organization_id AND a.platform = p.platform
    AND a.platform_user_id = 'seed-' || a.platform::text
ON CONFLICT DO NOTHING;

-- The receipt: one attempt that the network confirmed, one that never began to send.
INSERT INTO publishing.publication_attempts
    (organization_id, id, publication_id, attempt_no, phase, worker, post_revision, request_digest, started_at, sent_at,
     finished_at, http_status, error_class, error_code, error_message, response)
SELECT u.organization_id, md5(u.id::text || ':attempt:1')::uuid, u.id, 1,
    CASE u.status WHEN 'published' THEN 'confirmed' ELSE 'failed' END::publishing.attempt_phase, 'example', 1,
    decode(md5(u.id::text), 'hex'), u.last_attempt_at, CASE u.status WHEN 'published' THEN u.last_attempt_at + interval '1 second' END,
    coalesce(u.published_at, u.failed_at), CASE u.status WHEN 'published' THEN 201 END, u.error_class, u.error_code,
    u.error_message, CASE u.status WHEN 'published' THEN '{"id": "urn:li:share:7300000000000000006"}'::jsonb END
FROM publishing.post_publications u
WHERE u.organization_id = current_setting('app.organization_id')::uuid
    AND u.idempotency_key IN ('seed-linkedin', 'seed-evening')
ON CONFLICT DO NOTHING;

-- One review is open, one was sent back, one was given.
INSERT INTO publishing.reviews
    (organization_id, id, post_id, revision, status, priority, submitted_by, assigned_to, due_at, reason, automated_flags,
     decided_at, created_at, updated_at)
SELECT p.organization_id, md5(p.id::text || ':review')::uuid, p.id, 1, v.status::publishing.review_status,
    v.priority::publishing.priority_level, p.author_user_id, coalesce(m.user_id, p.author_user_id),
    p.created_at + interval '3 days', v.reason, v.flags::jsonb,
    CASE v.status WHEN 'pending' THEN NULL ELSE p.created_at + interval '18 hours' END, p.created_at + interval '2 hours',
    p.created_at + interval '18 hours'
FROM (VALUES
    ('linkedin', 'approved', 'normal', 'Part 6 of the checklist for hosts.', '{"passed": true, "score": 96}'),
    ('thread', 'pending', 'high', 'Planned for the night; please read it today.', '{"passed": true, "score": 91}'),
    ('box', 'needs_changes', 'normal', 'Every product post is read.', '{"passed": false, "score": 72}')
) AS v (key, status, priority, reason, flags)
JOIN publishing.posts p ON p.organization_id = current_setting('app.organization_id')::uuid
    AND p.id = md5(p.organization_id::text || ':own_post:' || v.key)::uuid
LEFT JOIN LATERAL (SELECT r.user_id FROM identity.memberships r WHERE r.organization_id = p.organization_id
    AND r.role = 'reviewer' ORDER BY r.created_at, r.user_id LIMIT 1) AS m ON true
ON CONFLICT DO NOTHING;

INSERT INTO publishing.review_decisions
    (organization_id, id, review_id, reviewer_id, step, action, comment, suggested_changes, created_at)
SELECT r.organization_id, md5(r.id::text || ':decision')::uuid, r.id, r.assigned_to, 0,
    CASE r.status WHEN 'approved' THEN 'approve' ELSE 'request_changes' END::publishing.review_action,
    CASE r.status WHEN 'approved' THEN 'Reads well. Keep the question.'
        ELSE 'The second sentence promises a leaflet-free box; legal wants the card named.' END,
    CASE r.status WHEN 'approved' THEN '[]'
        ELSE '[{"field": "content", "suggestion": "Name the card with the wearing notes."}]' END::jsonb, r.decided_at
FROM publishing.reviews r
JOIN publishing.posts p ON p.organization_id = r.organization_id AND p.id = r.post_id
WHERE r.organization_id = current_setting('app.organization_id')::uuid AND r.decided_at IS NOT NULL
    AND r.id = md5(p.id::text || ':review')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO publishing.calendar_entries
    (organization_id, id, title, description, event_type, status, starts_at, ends_at, timezone, is_all_day,
     recurrence_rule, post_id, publication_id, tags, color, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':calendar:' || v.key)::uuid, v.title, v.description,
    v.type::publishing.event_type, v.status::publishing.event_status, s.today + v.start::interval,
    s.today + v.until::interval, 'Europe/Berlin', v.whole_day, v.rule, p.id, NULL, v.tags, v.color,
    s.today - interval '14 days', s.today - interval '2 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('plan', 'Plan the week', 'Ideas in, dates on.', 'meeting', 'active', '2 days 13 hours', '2 days 14 hours', false, 'FREQ=WEEKLY;BYDAY=TH', NULL, ARRAY['planning'], '#2F6F8F'),
    ('review', 'Review the thread', 'Five things we learned behind a bar', 'review_due', 'active', '20 hours', NULL, false, NULL, 'thread', ARRAY['review'], '#8F3F5B'),
    ('campaign', 'Hosts month', 'Four weeks around dinners at home.', 'campaign_start', 'active', '7 days', '35 days', true, NULL, NULL, ARRAY['hosts', 'campaign'], '#4B7F52'),
    ('deadline', 'Photos of the new box', NULL, 'content_deadline', 'postponed', '4 days 16 hours', NULL, false, NULL, 'box', ARRAY['product'], '#7A5C2E'),
    ('evening', 'Open evening at the workshop', 'Six to eight.', 'custom', 'completed', '-1 day -6 hours', '-1 day -4 hours', false, NULL, 'evening', ARRAY['event'], NULL)
) AS v (key, title, description, type, status, start, until, whole_day, rule, post, tags, color)
LEFT JOIN publishing.posts p ON p.organization_id = o.organization_id AND p.id = md5(o.organization_id::text || ':own_post:' || v.post)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- Six hours of seven days on the networks of the strategy; day 0 is Sunday. Weekend mornings and weekday evenings lead.
INSERT INTO publishing.optimal_posting_times
    (organization_id, id, platform, day_of_week, hour, timezone, score, avg_engagement, avg_reach, avg_clicks, sample_size,
     confidence, last_analyzed_at, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':best_time:' || n.platform || ':' || d.day || ':' || h.hour)::uuid,
    n.platform::accounts.platform, d.day, h.hour, 'Europe/Berlin', f.score, round(f.score * n.engagement, 1)::double precision,
    round(f.score * n.reach)::double precision, round(f.score * n.reach / 90)::double precision, 4 + (d.day * 3 + h.hour) % 9,
    0.45 + ((d.day * 5 + h.hour) % 10) * 0.04, s.today, s.today - interval '28 days', s.today
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES ('linkedin', 38, 1500), ('twitter', 24, 900), ('reddit', 31, 700)) AS n (platform, engagement, reach)
CROSS JOIN generate_series(0, 6) AS d (day)
CROSS JOIN (VALUES (8), (10), (12), (15), (18), (21)) AS h (hour)
CROSS JOIN LATERAL (SELECT round(least(0.98, 0.35
    + CASE WHEN d.day IN (0, 6) AND h.hour IN (8, 10) AND n.platform <> 'linkedin' THEN 0.45 ELSE 0 END
    + CASE WHEN d.day BETWEEN 2 AND 4 AND h.hour IN (8, 10) AND n.platform = 'linkedin' THEN 0.48 ELSE 0 END
    + CASE WHEN d.day IN (4, 5) AND h.hour IN (18, 21) THEN 0.30 ELSE 0 END
    + ((d.day * 7 + h.hour * 3) % 11) * 0.012), 4) AS score) AS f
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
