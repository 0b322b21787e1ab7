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
