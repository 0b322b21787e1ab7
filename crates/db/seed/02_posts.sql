-- Thirty detected posts: every keyword category, spam of four kinds, a figure of speech, competitors that did
-- and did not help, each severity of the safety rules, a plea nobody answered, two that spread fast, one that is
-- too old, one that failed and two that wait. The times count back from the start of the day.
INSERT INTO engagement.posts
    (organization_id, id, platform, platform_post_id, author_id, content, posted_at, detected_at, processed_at,
     keyword_matches, keyword_categories, spam_filtered, raw_metrics, community, thread_id, url, error_count,
     error_message, next_attempt_at, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':post:' || v.key)::uuid,
    split_part(v.author, ':', 1)::accounts.platform, 'seed-' || v.key,
    md5(o.organization_id::text || ':author:' || v.author)::uuid, v.content,
    t.detected - v.age::interval, t.detected,
    CASE WHEN v.fate IN ('analysed', 'spam') THEN t.detected + interval '2 minutes' END,
    v.matches, v.categories, v.fate = 'spam',
    v.metrics::jsonb || jsonb_build_object('collected_at',
        to_char(t.detected AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    v.community, 'seed-thread-' || v.key,
    'https://' || split_part(v.author, ':', 1) || '.example/posts/seed-' || v.key,
    CASE v.fate WHEN 'failed' THEN 3 WHEN 'retry' THEN 1 ELSE 0 END,
    CASE WHEN v.fate IN ('failed', 'retry') THEN 'The classifier did not answer within 5 seconds.' END,
    CASE WHEN v.fate = 'retry' THEN t.detected + interval '2 minutes' END,
    t.detected, t.detected + interval '2 minutes'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('p01', 'reddit:quiet_kettle', 'My flatmate drank far too much and now he is unconscious, slow breathing. What helps?', '1 day 22 hours', '12 minutes', ARRAY['what helps'], ARRAY['recovery_intent'], '{"upvotes": 3, "replies": 1, "views": 90}', 'r/askanything', 'analysed'),
    ('p02', 'twitter:lena_off_the_clock', 'Hungover, and on antidepressants since spring. Is there anything I can take for the headache?', '2 days 14 hours', '25 minutes', ARRAY['hungover', 'headache'], ARRAY['direct_hangover', 'physical_symptoms_primary'], '{"likes": 2, "replies": 1, "views": 140}', NULL, 'analysed'),
    ('p03', 'twitter:pia_tells_jokes', 'I''m dying. That wedding had an open bar and a brass band. Never again.', '3 days 13 hours', '40 minutes', ARRAY['wedding', 'never again'], ARRAY['drinking_context', 'cognitive_emotional'], '{"likes": 31, "replies": 6, "reposts": 2, "views": 1900}', NULL, 'analysed'),
    ('p04', 'reddit:leave_me_be_42', 'Rough night, pounding head. What works for you all?', '4 days 15 hours', '30 minutes', ARRAY['rough night', 'pounding head', 'what works'], ARRAY['direct_hangover', 'physical_symptoms_primary', 'recovery_intent'], '{"upvotes": 8, "replies": 5, "views": 310}', 'r/morningafter', 'analysed'),
    ('p05', 'reddit:er_doc_on_break', 'Reminder before the weekend: eat first, and drink a glass of water in between. You will feel better the morning after.', '5 days 8 hours', '55 minutes', ARRAY['feel better', 'morning after'], ARRAY['wellness_context', 'direct_hangover'], '{"upvotes": 44, "replies": 9, "views": 2100}', 'r/steadydays', 'analysed'),
    ('p06', 'threads:desk.by.the.sea', 'Inbox hangover. Four hundred unread mails after one week off, send help.', '6 days 15 hours', '20 minutes', ARRAY['hangover', 'send help'], ARRAY['direct_hangover', 'slang'], '{"likes": 58, "replies": 11, "reposts": 3, "views": 4100}', NULL, 'analysed'),
    ('p07', 'threads:desk.by.the.sea', 'Woke up queasy and have to work at nine. Is there a quick fix that works?', '7 days 10 hours', '7 hours', ARRAY['queasy', 'have to work', 'quick fix'], ARRAY['physical_symptoms_primary', 'wellness_context', 'recovery_intent'], '{"likes": 12, "replies": 14, "views": 980}', NULL, 'analysed'),
    ('p08', 'threads:june.and.the.twins', 'What helps with a headache the day after drinking? The twins wake up at six.', '8 days 16 hours', '35 minutes', ARRAY['what helps', 'headache', 'day after drinking'], ARRAY['recovery_intent', 'physical_symptoms_primary', 'direct_hangover'], '{"likes": 9, "replies": 7, "views": 420}', NULL, 'analysed'),
    ('p09', 'threads:june.and.the.twins', 'Tried Liquid IV after the wedding and still feel awful. What works better? I have to be in a meeting at ten.', '8 days 2 hours', '18 minutes', ARRAY['what works', 'wedding'], ARRAY['recovery_intent', 'drinking_context'], '{"likes": 4, "replies": 2, "views": 260}', NULL, 'analysed'),
    ('p10', 'threads:standup.noor', 'Anyone tried Pedialyte the morning after? Asking for the goblin I am today, lol.', '4 hours', '22 minutes', ARRAY['morning after'], ARRAY['direct_hangover'], '{"likes": 17, "replies": 6, "reposts": 1, "views": 1200}', NULL, 'analysed'),
    ('p11', 'twitter:lena_off_the_clock', 'Nuun worked for me after last night, love it. How do I get rid of the headache that is left, though?', '5 days 1 hour', '28 minutes', ARRAY['last night', 'headache'], ARRAY['drinking_context', 'physical_symptoms_primary'], '{"likes": 3, "replies": 1, "views": 150}', NULL, 'analysed'),
    ('p12', 'reddit:quiet_kettle', 'Gatorade helped again. Morning after the night out and I am fine, would recommend.', '9 days 12 hours', '50 minutes', ARRAY['morning after', 'night out'], ARRAY['direct_hangover', 'drinking_context'], '{"upvotes": 6, "replies": 1, "views": 180}', 'r/morningafter', 'analysed'),
    ('p13', 'twitter:lena_off_the_clock', 'Pounding head, dizzy, and I have to work at two. What helps?', '1 day 10 hours', '9 minutes', ARRAY['pounding head', 'dizzy', 'have to work', 'what helps'], ARRAY['physical_symptoms_primary', 'wellness_context', 'recovery_intent'], '{"likes": 2, "replies": 1, "views": 120}', NULL, 'analysed'),
    ('p14', 'reddit:sleep_log_sam', 'Three weeks of sleep data: one rough night costs me two days of deep sleep. What would you measure next?', '3 days 6 hours', '50 minutes', ARRAY['rough night'], ARRAY['direct_hangover'], '{"upvotes": 310, "replies": 64, "views": 4800}', 'r/morningafter', 'analysed'),
    ('p15', 'twitter:city_after_eight', 'Half the city has brain fog today and the other half is still asleep. Who is looking for a late breakfast?', '5 hours', '35 minutes', ARRAY['brain fog'], ARRAY['cognitive_emotional'], '{"likes": 2900, "replies": 410, "reposts": 380, "quotes": 60, "views": 96000}', NULL, 'analysed'),
    ('p16', 'twitter:marathon_milo', 'Dehydrated after the club dinner, long run at seven tomorrow. Any tips before I start?', '10 days 5 hours', '24 minutes', ARRAY['dehydrated'], ARRAY['physical_symptoms_primary'], '{"likes": 46, "replies": 12, "reposts": 2, "views": 3300}', NULL, 'analysed'),
    ('p17', 'reddit:openmic_otto', 'How do you do a Tuesday open mic on no energy and regret?', '3 hours', '45 minutes', ARRAY['no energy', 'regret'], ARRAY['physical_symptoms_secondary', 'cognitive_emotional'], '{"upvotes": 13, "replies": 4, "views": 390}', 'r/openmic', 'analysed'),
    ('p18', 'reddit:quiet_kettle', 'Room spinning and queasy since breakfast. What would you eat?', '2 hours', '1 hour', ARRAY['room spinning', 'queasy'], ARRAY['physical_symptoms_primary'], '{"upvotes": 1, "views": 25}', 'r/morningafter', 'analysed'),
    ('p19', 'threads:nurse.ida', 'Everyone on the ward swears by a greasy breakfast the morning after. Does that work, or does it only make you sleepy?', '90 minutes', '30 minutes', ARRAY['morning after'], ARRAY['direct_hangover'], '{"likes": 22, "replies": 8, "reposts": 1, "views": 1500}', NULL, 'analysed'),
    ('p20', 'threads:weekend.table', 'Past me ordered the tequila. Sober me is reading the bill. Too real.', '5 days 16 hours', '42 minutes', ARRAY['past me', 'sober me', 'too real', 'tequila'], ARRAY['meme_language', 'drinking_context'], '{"likes": 840, "replies": 52, "reposts": 90, "views": 21000}', NULL, 'analysed'),
    ('p21', 'reddit:sleep_log_sam', 'Slept nine hours the day after drinking at my cousin''s wedding. Resting pulse back to normal, headache gone.', '12 days 9 hours', '55 minutes', ARRAY['day after drinking', 'wedding', 'headache'], ARRAY['direct_hangover', 'drinking_context', 'physical_symptoms_primary'], '{"upvotes": 19, "replies": 3, "views": 520}', 'r/morningafter', 'analysed'),
    ('p22', 'threads:desk.by.the.sea', 'Paying for it today. Lesson learned, the late tram is not my friend.', '4 days 13 hours', '38 minutes', ARRAY['paying for it'], ARRAY['slang'], '{"likes": 26, "replies": 4, "views": 1700}', NULL, 'analysed'),
    ('p23', 'twitter:pia_tells_jokes', 'Can I put "big mood" on a CV as a second language? lol', '2 days 7 hours', '1 hour', ARRAY['big mood'], ARRAY['meme_language'], '{"likes": 4, "views": 300}', NULL, 'analysed'),
    ('p24', 'twitter:pia_tells_jokes', 'Rewatching "The Hangover" tonight. Still the best movie about losing a friend on a roof.', '6 days 4 hours', '15 minutes', ARRAY['hangover'], ARRAY['direct_hangover'], '{"likes": 12, "replies": 2, "views": 640}', NULL, 'spam'),
    ('p25', 'reddit:openmic_otto', 'Crypto hangover? The price moves again tonight, double your money before it does.', '7 days 3 hours', '10 minutes', ARRAY['hangover'], ARRAY['direct_hangover'], '{"upvotes": 0, "replies": 1, "views": 60}', 'r/openmic', 'spam'),
    ('p26', 'twitter:corner_cellar', 'Morning after the tasting? Our brunch boxes are back on the counter from eight.', '2 days 16 hours', '14 minutes', ARRAY['morning after'], ARRAY['direct_hangover'], '{"likes": 75, "replies": 4, "reposts": 9, "views": 8800}', NULL, 'spam'),
    ('p27', 'threads:standup.noor', 'Hungover on tour, all dates: https://a.example https://b.example https://c.example https://d.example https://e.example https://f.example', '9 days 8 hours', '33 minutes', ARRAY['hungover'], ARRAY['direct_hangover'], '{"likes": 20, "replies": 1, "views": 900}', NULL, 'spam'),
    ('p28', 'reddit:er_doc_on_break', 'Exhausted after a double shift and one beer. When did that happen? Not 21 anymore.', '1 day 4 hours', '26 minutes', ARRAY['exhausted', 'not 21 anymore'], ARRAY['cognitive_emotional', 'wellness_context'], '{"upvotes": 15, "replies": 2, "views": 340}', 'r/openmic', 'failed'),
    ('p29', 'threads:nurse.ida', 'Overdid it at the ward party. Which of you has electrolytes at home?', '20 minutes', '11 minutes', ARRAY['overdid it', 'electrolytes'], ARRAY['drinking_context', 'recovery_intent'], '{"likes": 3, "replies": 2, "views": 110}', NULL, 'waiting'),
    ('p30', 'twitter:marathon_milo', 'Body aches, and for once not from running. Wrecked.', '10 minutes', '8 minutes', ARRAY['body aches', 'wrecked'], ARRAY['physical_symptoms_secondary', 'slang'], '{"likes": 5, "replies": 1, "views": 240}', NULL, 'retry')
) AS v (key, author, content, ago, age, matches, categories, metrics, community, fate)
CROSS JOIN LATERAL (SELECT s.today - v.ago::interval AS detected) AS t
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
