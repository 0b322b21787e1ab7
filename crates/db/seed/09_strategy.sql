-- The company and its plan: profile, founder, what the language model was asked, one strategy in force, four pillars,
-- three series and the rules by which the brand speaks.
INSERT INTO strategy.profiles
    (organization_id, website_url, stage, pricing, description, tagline, category, markets, languages, icp, positioning,
     goals, constraints, links, intake_step, intake_completed_at, created_at, updated_at)
SELECT o.organization_id, 'https://vita.example', 'pre_seed', 'One box of ten patches, or a box every other month',
    'Vita makes a skin patch for evenings with friends. It is worn before bed and goes with water and a meal, so that the morning after stays an ordinary morning.',
    'A quiet habit for the evening before', 'Consumer wellness', ARRAY['US', 'EU', 'CA'], ARRAY['en'],
    '{"personas": [{"name": "The host", "age": "28-40", "situation": "Cooks for friends twice a month and works on Monday."}, {"name": "The early riser", "age": "25-45", "situation": "Runs or swims before work and still likes a glass of wine."}], "segments": ["hosts", "early_risers", "shift_workers"]}',
    '{"differentiators": ["Worn on the skin, nothing to swallow", "No sugar and no caffeine", "Says what it does not do"], "proof": ["Claims library, entries 1 to 12"], "competitors": ["drink mixes", "oral products", "drips"]}',
    '{"aims": ["Be the first name people think of when they plan a long evening"], "networks": ["linkedin", "twitter", "reddit"], "posts_per_week": 24, "kpis": {"engagement_rate": 0.035, "followers_per_month": 400}}',
    '{"compliance": ["No statements about health", "The label (Vita) in every answer to strangers"], "taboo": ["politics", "weight loss", "driving"]}',
    '[{"title": "What a short night does to a working day", "url": "https://vita.example/tips/short-nights"}, {"title": "The checklist for hosts", "url": "https://vita.example/tips/hosts"}]',
    6, s.today - interval '58 days', s.today - interval '60 days', s.today - interval '58 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO strategy.founders
    (organization_id, id, name, role, email, linkedin_url, twitter_handle, bio, is_primary, user_id, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':founder:antone')::uuid, 'Antone Vitale', 'Founder',
    'antone@vita.example', 'https://linkedin.example/in/antone-vitale', 'antone_vita',
    'Ran a wine bar for nine years and counted how many guests asked for water too late. Makes patches since last spring.',
    true, o.owner_user_id, s.today - interval '60 days', s.today - interval '60 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- One row per answer of a language model: the strategy, the pillars, three drafts, two weekly reports, one that failed.
INSERT INTO strategy.generations
    (organization_id, id, requested_by, kind, status, provider, model, prompt_template, prompt_version, request,
     request_hash, response, temperature, input_tokens, output_tokens, cost_microcents, latency_ms, attempts, confidence,
     error_code, created_at, finished_at)
SELECT o.organization_id, md5(o.organization_id::text || ':generation:' || v.key)::uuid, o.owner_user_id,
    v.kind::strategy.generation_kind, v.status::strategy.generation_status, 'mock', 'mock-1', v.kind, 1,
    jsonb_build_object('subject', v.subject), decode(md5(o.organization_id::text || ':request:' || v.key), 'hex'),
    CASE WHEN v.status <> 'failed' THEN jsonb_build_object('summary', v.answer) END, v.temperature, v.tokens_in,
    CASE WHEN v.status <> 'failed' THEN v.tokens_out END, v.tokens_in * 300 + v.tokens_out * 1500,
    v.tokens_out * 11, CASE v.status WHEN 'failed' THEN 3 ELSE 1 END, v.confidence,
    CASE v.status WHEN 'failed' THEN 'provider_unavailable' END, t.asked, t.asked + make_interval(secs => v.tokens_out / 90)
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('strategy', 'strategy', 'succeeded', 'First strategy from the intake', 'Four pillars, three networks, 24 posts a week.', 0.40, 3120, 4870, 0.85, '58 days'),
    ('pillars', 'pillars', 'succeeded', 'Pillars with topics and examples', 'Education, Product, Founder story, Customers.', 0.50, 1840, 2210, 0.88, '58 days'),
    ('voice', 'brand_voice', 'succeeded', 'The voice in three sentences', 'Plain, warm, never in a hurry.', 0.30, 960, 410, 0.91, '57 days'),
    ('linkedin', 'content', 'succeeded', 'What hosts forget', 'Three hooks for one post.', 0.70, 1420, 880, 0.90, '7 days'),
    ('thread', 'content', 'succeeded', 'Five things we learned behind a bar', 'A thread of five posts.', 0.70, 1380, 1040, 0.85, '1 day'),
    ('tags', 'hashtags', 'cached', 'Hashtags for the hosts series', 'Two of the allowed ones.', 0.20, 610, 90, 0.80, '6 days'),
    ('outage', 'content', 'failed', 'A post about the new box', NULL, 0.70, 1290, 0, NULL, '9 days'),
    ('week2', 'weekly_summary', 'succeeded', 'The week before last', 'Stories lead, product posts trail.', 0.20, 2650, 1190, 0.82, '7 days'),
    ('week1', 'weekly_summary', 'succeeded', 'Last week', 'Education carries the week.', 0.20, 2710, 1230, 0.84, '4 hours')
) AS v (key, kind, status, subject, answer, temperature, tokens_in, tokens_out, confidence, ago)
CROSS JOIN LATERAL (SELECT s.today - v.ago::interval AS asked) AS t
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- Thirteen weeks with three entries each, laid out from the themes.
INSERT INTO strategy.ai_strategies
    (organization_id, id, version, status, origin, positioning, audience_segments, content_pillars, channel_plan, cadence,
     calendar_skeleton, preferences, generation_id, generated_by, confidence, created_by, accepted_by, accepted_at,
     created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':strategy:1')::uuid, 1, 'active', 'ai', $positioning${
    "brief": "Vita speaks to people who like long evenings and full mornings. It gives away what it knows about water, food and sleep, shows the patch as one quiet habit among others, and says openly what a patch cannot do.",
    "unique_value_proposition": "The one thing for the evening before that you put on and forget.",
    "messaging_hierarchy": {"primary": "Plan the morning while the evening is young", "supporting": ["Water and food first, then everything else", "Worn on the skin, nothing to swallow"], "proof_points": ["Made in small batches with the date on every box", "Every sentence on the box stands in the claims library"]},
    "key_differentiators": ["Worn, not swallowed", "No sugar, no caffeine", "Says what it does not do"],
    "value_props": ["An easy habit before bed", "Fits a wallet", "Goes with water and a meal"]
}$positioning$::jsonb, $segments$[
    {"key": "hosts", "name": "Hosts", "description": "People who cook for friends and clean up on Sunday.", "share_percent": 45, "priority": "high", "pain_points": ["The morning after belongs to the dishes"], "key_messages": ["Put water on the table before the wine"], "platforms": ["linkedin", "threads"], "goals": ["A Sunday with plans"]},
    {"key": "early_risers", "name": "Early risers", "description": "Runners, swimmers and parents.", "share_percent": 35, "priority": "high", "pain_points": ["One late evening costs two sessions"], "key_messages": ["An easy morning is planned the night before"], "platforms": ["twitter", "reddit"], "goals": ["Keep the streak"]},
    {"key": "shift_workers", "name": "Shift workers", "description": "Nurses, cooks and drivers with evenings at odd hours.", "share_percent": 20, "priority": "medium", "pain_points": ["No weekend to sleep in"], "key_messages": ["Small habits fit odd hours"], "platforms": ["reddit"], "goals": ["Rest that counts"]}
]$segments$::jsonb, $pillars$[
    {"key": "education", "name": "Education", "description": "Water, food, sleep: what is known, in plain words.", "percentage": 40, "topics": ["water", "food", "sleep", "planning"], "examples": ["The glass between the glasses", "Eat before you pour"], "keywords": ["water", "sleep", "habit"], "platforms": ["linkedin", "twitter", "reddit"]},
    {"key": "product", "name": "Product", "description": "The patch: how it is worn, made and packed.", "percentage": 25, "topics": ["how to wear it", "the batch", "the box"], "examples": ["What is in the box and what is not"], "keywords": ["patch", "batch"], "platforms": ["linkedin", "twitter"]},
    {"key": "founder_story", "name": "Founder story", "description": "Nine years behind a bar and what came of it.", "percentage": 20, "topics": ["the bar", "first batch", "mistakes"], "examples": ["The night we ran out of water"], "keywords": ["founder", "bar"], "platforms": ["linkedin", "twitter"]},
    {"key": "customers", "name": "Customers", "description": "How people use it, in their own words and with their consent.", "percentage": 15, "topics": ["routines", "questions", "criticism"], "examples": ["A wallet, a key, a patch"], "keywords": ["routine", "question"], "platforms": ["reddit", "twitter"]}
]$pillars$::jsonb, $channels$[
    {"platform": "linkedin", "tier": "primary", "focus": "How a small company is built in the open", "posts_per_week": 7, "formats": ["post", "carousel"], "best_windows": [{"days": [2, 3, 4], "start": "08:00", "end": "10:00"}], "timezone": "Europe/Berlin"},
    {"platform": "twitter", "tier": "primary", "focus": "Short observations and threads", "posts_per_week": 14, "formats": ["post", "thread"], "best_windows": [{"days": [4, 5], "start": "17:00", "end": "20:00"}, {"days": [6, 7], "start": "09:00", "end": "11:00"}], "timezone": "Europe/Berlin"},
    {"platform": "reddit", "tier": "secondary", "focus": "Answers that help without a link", "posts_per_week": 3, "formats": ["post"], "best_windows": [{"days": [6, 7], "start": "09:00", "end": "12:00"}], "timezone": "Europe/Berlin", "communities": ["r/morningafter", "r/openmic"]}
]$channels$::jsonb,
    '{"timezone": "Europe/Berlin", "per_week_total": 24, "by_platform": {"linkedin": 7, "twitter": 14, "reddit": 3}, "notes": {"daily": "Answer within four hours.", "weekly": "Plan on Thursday, report on Monday.", "monthly": "Ask three customers."}}',
    calendar.skeleton, '{"tone": "professional", "networks": ["linkedin", "twitter", "reddit"], "focus": "education", "brand_safety": "strict"}',
    md5(o.organization_id::text || ':generation:strategy')::uuid, 'mock-1', 0.85, o.owner_user_id, o.owner_user_id,
    s.today - interval '57 days', s.today - interval '58 days', s.today - interval '57 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (
    SELECT jsonb_build_object('horizon_days', 90, 'weeks', jsonb_agg(jsonb_build_object('week', w.week, 'theme', w.theme,
        'entries', jsonb_build_array(
            jsonb_build_object('day', 2, 'platform', 'linkedin', 'pillar_key', 'education', 'format', 'post', 'idea', w.lesson),
            jsonb_build_object('day', 4, 'platform', 'twitter', 'pillar_key', w.second, 'format', 'thread', 'idea', w.thread),
            jsonb_build_object('day', 6, 'platform', 'reddit', 'pillar_key', 'customers', 'format', 'post', 'idea', w.question)))
        ORDER BY w.week)) AS skeleton
    FROM (VALUES
        (1, 'Water first', 'The glass between the glasses', 'founder_story', 'The night we ran out of water', 'Who sets water on the table before the wine?'),
        (2, 'Eat before you pour', 'Three dinners that take ten minutes', 'product', 'What is in the box and what is not', 'What do you cook when guests come at eight?'),
        (3, 'The walk home', 'Ten minutes of air before bed', 'founder_story', 'Closing time, seen from behind the bar', 'What is your last stop on the way home?'),
        (4, 'Sleep', 'Why the second half of the night is the light one', 'product', 'How long a patch is worn', 'Which sleep number do you look at?'),
        (5, 'Hosts', 'A checklist for Saturday', 'customers', 'Hosts tell what they would do again', 'Which task do you give to your guests?'),
        (6, 'Weddings', 'Nine hours on your feet: a plan', 'product', 'A patch for the jacket pocket', 'What is in your bag for a wedding?'),
        (7, 'Work the next day', 'Move the hard task to the afternoon', 'founder_story', 'Our first order came on a Monday', 'What do you move when the night was short?'),
        (8, 'Sport', 'Easy run, short run, no run: how to choose', 'product', 'Patches and sweat: what holds', 'Do you train the day after?'),
        (9, 'Travel', 'Late flight, early meeting', 'customers', 'What travellers wrote to us', 'What do you never fly without?'),
        (10, 'Cooking', 'Salt, soup, bread: what old kitchens knew', 'founder_story', 'The soup that was always on', 'What did your family serve at midnight?'),
        (11, 'Saying no', 'The polite no in four sentences', 'product', 'What Vita does not do', 'How do you leave early?'),
        (12, 'Holidays', 'Four dinners in one week: a plan', 'customers', 'Three routines for December', 'Which dinner do you look forward to?'),
        (13, 'Looking back', 'What we got wrong this quarter', 'founder_story', 'Numbers of thirteen weeks', 'What should we explain next?')
    ) AS w (week, theme, lesson, second, thread, question)
) AS calendar
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The pillars of the strategy as rows; key, name and share are the document's.
INSERT INTO strategy.content_pillars
    (organization_id, id, key, name, description, color, emoji, target_percent, details, sort_order, review_required,
     created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':pillar:' || v.key)::uuid, v.key, v.name, v.description, v.color,
    v.emoji, v.share, jsonb_build_object('topics', v.topics, 'frequency', v.frequency), v.place, v.reviewed,
    s.today - interval '57 days', s.today - interval '57 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    (1, 'education', 'Education', 'Water, food, sleep: what is known, in plain words.', '#2F6F8F', '💧', 40, ARRAY['water', 'food', 'sleep', 'planning'], 'ten posts a week', NULL::boolean),
    (2, 'product', 'Product', 'The patch: how it is worn, made and packed.', '#7A5C2E', '📦', 25, ARRAY['how to wear it', 'the batch', 'the box'], 'six posts a week', true),
    (3, 'founder_story', 'Founder story', 'Nine years behind a bar and what came of it.', '#8F3F5B', '🍷', 20, ARRAY['the bar', 'first batch', 'mistakes'], 'five posts a week', NULL),
    (4, 'customers', 'Customers', 'How people use it, in their own words and with their consent.', '#4B7F52', '💬', 15, ARRAY['routines', 'questions', 'criticism'], 'three posts a week', true)
) AS v (place, key, name, description, color, emoji, share, topics, frequency, reviewed)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO strategy.series
    (organization_id, id, pillar_id, name, description, platform, cadence, total_posts, published_posts, status,
     start_date, end_date, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':series:' || v.key)::uuid, p.id, v.name, v.description,
    v.platform::accounts.platform, v.cadence::strategy.series_cadence, v.parts, v.done, v.status::strategy.series_status,
    day.today - v.since, day.today - v.since + v.lasts, s.today - interval '57 days', s.today - interval '7 days'
FROM identity.organizations o
CROSS JOIN (SELECT (current_setting('app.seed_now')::timestamptz AT TIME ZONE 'UTC')::date AS today) AS day
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('hosts', 'education', 'The checklist for hosts', 'One thing to do before guests come.', 'linkedin', 'weekly', 13, 6, 'active', 49, 90),
    ('bar', 'founder_story', 'Behind the bar', 'Short stories from nine years of closing time.', 'twitter', 'biweekly', 6, 3, 'active', 42, 84),
    ('batch', 'product', 'Batch notes', 'What changed from one batch to the next.', 'linkedin', 'monthly', 3, 2, 'paused', 50, 90)
) AS v (key, pillar, name, description, platform, cadence, parts, done, status, since, lasts)
LEFT JOIN strategy.content_pillars p ON p.organization_id = o.organization_id AND p.key = v.pillar
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO strategy.brand_rules
    (organization_id, id, tone, voice, allowed_phrases, forbidden_phrases, allowed_hashtags, forbidden_hashtags,
     forbidden_topics, claims_to_avoid, required_disclosures, compliance_notes, legal_disclaimer, disclaimer_when,
     platform_rules, approval_mode, version, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':brand_rules')::uuid, 'professional',
    'Plain and warm, like a bartender who has seen it all. Short sentences, no slogans, never in a hurry.',
    ARRAY['designed to support a gentle morning', 'formulated to go with water and a meal', 'an easy habit before bed',
        'water and food first', 'what a patch cannot do'],
    ARRAY['clinically proven', 'doctor recommended', 'guaranteed results', 'miracle', 'buy now'],
    ARRAY['slowmornings', 'hostingtips', 'behindthebar', 'waterfirst', 'smallbatch'],
    ARRAY['hangovercure', 'detox', 'drunk'],
    ARRAY['politics', 'weight loss', 'driving after drinking'], ARRAY['shortens a hangover', 'replaces sleep'], '{}'::text[],
    'Legal review reads every post of the pillars Product and Customers.',
    'Vita is a cosmetic patch and no substitute for rest.', 'claims',
    '{"twitter": {"hashtags_max": 1}, "linkedin": {"hashtags_max": 3}, "reddit": {"links": false}}', 'manual', 2,
    s.today - interval '57 days', s.today - interval '30 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
