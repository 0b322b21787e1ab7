-- The competitors of the example brand. The id is the digest of the organization and a key that names the row,
-- so a second run meets the same rows. Times are counted from app.seed_now, the start of the day in UTC.
INSERT INTO engagement.competitors
    (organization_id, id, name, category, primary_mechanism, price_point, brand_keywords, ambiguous, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':competitor:' || v.name)::uuid, v.name,
    v.category::engagement.competitor_category, v.mechanism, v.price::engagement.price_point, v.keywords, v.ambiguous,
    current_setting('app.seed_now')::timestamptz - interval '60 days',
    current_setting('app.seed_now')::timestamptz - interval '60 days'
FROM identity.organizations o
CROSS JOIN (VALUES
    ('LiquidIV', 'rehydration', 'oral drink', 'mid', ARRAY['liquidiv', 'liquid iv', 'liquid i.v.'], false),
    ('Drip Drop', 'rehydration', 'oral drink', 'mid', ARRAY['drip drop', 'dripdrop'], false),
    ('Pedialyte', 'rehydration', 'oral drink', 'low', ARRAY['pedialyte'], false),
    ('Gatorade', 'rehydration', 'oral drink', 'low', ARRAY['gatorade'], false),
    ('Nuun', 'rehydration', 'oral drink', 'low', ARRAY['nuun'], false),
    ('Electrolit', 'rehydration', 'oral drink', 'low', ARRAY['electrolit'], false),
    ('ZBiotics', 'hangover_pills', 'oral drink', 'high', ARRAY['zbiotics', 'z biotics'], false),
    ('Flyby', 'hangover_pills', 'oral pill', 'mid', ARRAY['flyby'], false),
    ('AfterDrink', 'hangover_pills', 'oral pill', 'mid', ARRAY['afterdrink', 'after drink'], false),
    ('Cheers', 'hangover_pills', 'oral pill', 'mid', ARRAY['cheers'], true),
    ('DHM Detox', 'hangover_pills', 'oral pill', 'mid', ARRAY['dhm detox'], false),
    ('Blowfish', 'hangover_pills', 'oral drink', 'low', ARRAY['blowfish'], false),
    ('Morning Recovery', 'hangover_pills', 'oral drink', 'mid', ARRAY['morning recovery'], false),
    ('The I.V. Doc', 'iv_therapy', 'IV', 'high', ARRAY['the i.v. doc', 'the iv doc'], false),
    ('Revive', 'iv_therapy', 'IV', 'high', ARRAY['revive'], true),
    ('HydroMed', 'iv_therapy', 'IV', 'high', ARRAY['hydromed'], false),
    ('Reset IV', 'iv_therapy', 'IV', 'high', ARRAY['reset iv'], false),
    ('IVBoost', 'iv_therapy', 'IV', 'high', ARRAY['ivboost', 'iv boost'], false),
    ('hair of the dog', 'home_remedy', 'none', 'low', ARRAY['hair of the dog'], false),
    ('activated charcoal', 'home_remedy', 'none', 'low', ARRAY['activated charcoal'], false),
    ('pickle juice', 'home_remedy', 'oral drink', 'low', ARRAY['pickle juice'], false),
    ('coconut water', 'home_remedy', 'oral drink', 'low', ARRAY['coconut water'], true),
    ('coffee', 'home_remedy', 'oral drink', 'low', ARRAY['coffee'], true)
) AS v (name, category, mechanism, price, keywords, ambiguous)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- Five accounts per network; over all: strangers, nurses and doctors, comedians, a shop, and the three tiers of
-- reach. One asked to be left alone, one stands very well with us. Names and handles are invented.
INSERT INTO engagement.authors
    (organization_id, id, platform, platform_id, handle, display_name, follower_count, is_verified, is_power_user,
     power_tier, archetype_tags, relationship_score, interaction_history, first_seen_at, last_seen_at, bio,
     account_kind, do_not_engage, do_not_engage_reason, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':author:' || v.platform || ':' || v.handle)::uuid,
    v.platform::accounts.platform, 'seed-' || v.handle, v.handle, v.name, v.followers, v.tier IS NOT NULL,
    v.tier IS NOT NULL, v.tier::engagement.power_tier, v.tags, v.score, coalesce(h.events, '[]'),
    s.today - interval '30 days', s.today - interval '10 minutes', v.bio, v.kind,
    v.silent, CASE WHEN v.silent THEN 'Asked us not to write again.' END,
    s.today - interval '30 days', s.today - interval '10 minutes'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('twitter', 'lena_off_the_clock', 'Lena Marsh', 212, NULL, '{}'::text[], 0.5, 'Spreadsheets on weekdays, hills on Sundays.', 'person', false),
    ('twitter', 'corner_cellar', 'The Corner Cellar', 88000, 'macro', ARRAY['community_account'], 0.4, 'A wine shop with a long counter.', 'organization', false),
    ('twitter', 'pia_tells_jokes', 'Pia Novak', 4100, NULL, ARRAY['entertainer'], 0.3, 'Comedian. Small rooms, long trains.', 'person', false),
    ('twitter', 'marathon_milo', 'Milo Grant', 24000, 'micro', ARRAY['fitness_creator'], 0.6, 'Running coach and slow cook.', 'person', false),
    ('twitter', 'city_after_eight', 'Rosa Delgado', 1200000, 'mega', ARRAY['mixed_influencer'], 0.5, 'Where the city eats after eight.', 'person', false),
    ('reddit', 'quiet_kettle', NULL, 0, NULL, '{}', 0.5, NULL, 'person', false),
    ('reddit', 'er_doc_on_break', NULL, 320, NULL, ARRAY['healthcare_pro'], 0.7, 'Doctor in an emergency department.', 'person', false),
    ('reddit', 'openmic_otto', NULL, 95, NULL, ARRAY['entertainer'], 0.3, 'Comic, mostly on Tuesdays.', 'person', false),
    ('reddit', 'sleep_log_sam', NULL, 140, NULL, ARRAY['quantified_self'], 0.95, 'I measure my sleep and write about it.', 'person', false),
    ('reddit', 'leave_me_be_42', NULL, 60, NULL, '{}', 0.0, 'No replies from companies, please.', 'person', true),
    ('threads', 'june.and.the.twins', 'June Park', 780, NULL, ARRAY['parent'], 0.8, 'Mom of two, owner of no clean shirts.', 'person', false),
    ('threads', 'nurse.ida', 'Ida Lind', 2600, NULL, ARRAY['healthcare_pro'], 0.7, 'Registered nurse, amateur baker.', 'person', false),
    ('threads', 'standup.noor', 'Noor Haddad', 3900, NULL, ARRAY['entertainer'], 0.3, 'Comedian. Tour dates below.', 'person', false),
    ('threads', 'desk.by.the.sea', 'Ben Oduya', 31000, 'micro', ARRAY['remote_worker'], 0.55, 'Remote work from the coast.', 'person', false),
    ('threads', 'weekend.table', 'Clara Weiss', 260000, 'macro', ARRAY['mixed_influencer'], 0.5, 'Long tables, good company.', 'person', false)
) AS v (platform, handle, name, followers, tier, tags, score, bio, kind, silent)
-- What the scores above came from. The first event starts at the baseline of the author's tags.
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('type', e.type,
            'at', to_char((s.today - e.ago::interval) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'delta', e.delta, 'score_after', e.after, 'source', e.source) ORDER BY e.ago::interval DESC) AS events
    FROM (VALUES
        ('sleep_log_sam', 'like', '26 days 4 hours', 0.05, 0.70, 'feedback'),
        ('sleep_log_sam', 'thanks', '24 days 9 hours', 0.15, 0.85, 'feedback'),
        ('sleep_log_sam', 'like', '21 days 2 hours', 0.05, 0.90, 'feedback'),
        ('sleep_log_sam', 'follow', '21 days 1 hour', 0.00, 0.90, 'feedback'),
        ('sleep_log_sam', 'follow_up_question', '18 days 15 hours', 0.00, 0.90, 'feedback'),
        ('sleep_log_sam', 'dm_sent', '16 days 12 hours', 0.00, 0.90, 'operator'),
        ('sleep_log_sam', 'dm_accepted', '15 days 20 hours', 0.00, 0.90, 'operator'),
        ('sleep_log_sam', 'like', '12 days 20 hours', 0.05, 0.95, 'feedback'),
        ('june.and.the.twins', 'like', '20 days 3 hours', 0.05, 0.70, 'feedback'),
        ('june.and.the.twins', 'like', '13 days 6 hours', 0.05, 0.75, 'feedback'),
        ('june.and.the.twins', 'like', '9 days 11 hours', 0.05, 0.80, 'feedback'),
        ('leave_me_be_42', 'hostile_reply', '22 days 7 hours', -0.20, 0.30, 'feedback'),
        ('leave_me_be_42', 'block', '22 days 6 hours', -0.30, 0.00, 'delivery')
    ) AS e (handle, type, ago, delta, after, source)
    WHERE e.handle = v.handle
) AS h ON true
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- Two authors who answered often and kindly.
INSERT INTO engagement.community_champions
    (organization_id, id, author_id, tier, engagement_count, dm_sent_at, dm_response, sample_sent, converted,
     advocate_status, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':champion:' || v.author)::uuid,
    md5(o.organization_id::text || ':author:' || v.author)::uuid, v.tier::engagement.champion_tier, v.count,
    s.today - v.asked::interval, v.answer::engagement.dm_response_status, v.sample, false,
    v.stage::engagement.advocate_status, s.today - interval '17 days', s.today - interval '9 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('reddit:sleep_log_sam', 'silver', 6, '16 days 12 hours', 'accepted', true, 'engaged'),
    ('threads:june.and.the.twins', 'bronze', 3, NULL, NULL, false, 'potential')
) AS v (author, tier, count, asked, answer, sample, stage)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
