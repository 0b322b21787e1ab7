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

-- Five people per network; over all: strangers, nurses and doctors, comedians, and the three tiers of reach. One
-- asked to be left alone, one stands very well with us. Names and handles are invented.
INSERT INTO engagement.authors
    (organization_id, id, platform, platform_id, handle, display_name, follower_count, is_verified, is_power_user,
     power_tier, archetype_tags, relationship_score, interaction_history, first_seen_at, last_seen_at, bio,
     do_not_engage, do_not_engage_reason, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':author:' || v.platform || ':' || v.handle)::uuid,
    v.platform::accounts.platform, 'seed-' || v.handle, v.handle, v.name, v.followers, v.tier IS NOT NULL,
    v.tier IS NOT NULL, v.tier::engagement.power_tier, v.tags, v.score, '[]'::jsonb,
    s.today - interval '30 days', s.today - interval '1 day', v.bio,
    v.silent, CASE WHEN v.silent THEN 'Asked us not to write again.' END,
    s.today - interval '30 days', s.today - interval '1 day'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('twitter', 'lena_off_the_clock', 'Lena Marsh', 212, NULL, '{}'::text[], 0.5, 'Spreadsheets on weekdays, hills on Sundays.', false),
    ('twitter', 'wardnotes_tom', 'Tom Adeyemi', 1840, NULL, ARRAY['healthcare_pro'], 0.7, 'Nurse on nights. Views are my own.', false),
    ('twitter', 'pia_tells_jokes', 'Pia Novak', 4100, NULL, ARRAY['entertainer'], 0.3, 'Comedian. Small rooms, long trains.', false),
    ('twitter', 'marathon_milo', 'Milo Grant', 24000, 'micro', ARRAY['fitness_creator'], 0.6, 'Running coach and slow cook.', false),
    ('twitter', 'city_after_eight', 'Rosa Delgado', 1200000, 'mega', ARRAY['mixed_influencer'], 0.5, 'Where the city eats after eight.', false),
    ('reddit', 'quiet_kettle', NULL, 0, NULL, '{}', 0.5, NULL, false),
    ('reddit', 'er_doc_on_break', NULL, 320, NULL, ARRAY['healthcare_pro'], 0.7, 'Doctor in an emergency department.', false),
    ('reddit', 'openmic_otto', NULL, 95, NULL, ARRAY['entertainer'], 0.3, 'Comic, mostly on Tuesdays.', false),
    ('reddit', 'sleep_log_sam', NULL, 140, NULL, ARRAY['quantified_self'], 0.92, 'I measure my sleep and write about it.', false),
    ('reddit', 'leave_me_be_42', NULL, 60, NULL, '{}', 0.1, 'No replies from companies, please.', true),
    ('threads', 'june.and.the.twins', 'June Park', 780, NULL, ARRAY['parent'], 0.65, 'Mom of two, owner of no clean shirts.', false),
    ('threads', 'nurse.ida', 'Ida Lind', 2600, NULL, ARRAY['healthcare_pro'], 0.7, 'Registered nurse, amateur baker.', false),
    ('threads', 'standup.noor', 'Noor Haddad', 8800, NULL, ARRAY['entertainer'], 0.3, 'Comedian. Tour dates below.', false),
    ('threads', 'desk.by.the.sea', 'Ben Oduya', 31000, 'micro', ARRAY['remote_worker'], 0.55, 'Remote work from the coast.', false),
    ('threads', 'weekend.table', 'Clara Weiss', 260000, 'macro', ARRAY['mixed_influencer'], 0.5, 'Long tables, good company.', false)
) AS v (platform, handle, name, followers, tier, tags, score, bio, silent)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
