-- Answers in every state: waiting, approved, let through and refused; not ready, queued, tried again, out, taken
-- back, called off and blocked. Four are out; three of them have outcomes up to the seventh day.
INSERT INTO engagement.replies
    (organization_id, id, decision_id, content, archetype, platform, platform_post_id, utm_code, help_count,
     approval_status, approved_by, approved_at, posted_at, metrics_json, deleted_at, delete_reason, reply_type,
     delivery_status, confidence, has_product_mention, has_link, override_tag, reject_reason, reject_notes,
     cancel_reason, publish_error, publish_attempts, next_attempt_at, idempotency_key, parent_reply_id, version,
     created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':reply:' || v.key)::uuid, d.id, v.content,
    v.archetype::engagement.archetype, p.platform, CASE WHEN v.posted THEN 'seed-' || v.key END,
    -- Twelve characters of base 32: the digest's hexadecimal digits without 0, 1, 8 and 9.
    'r-' || translate(left(md5(o.organization_id::text || ':utm:' || v.key), 12), '0189', 'ghij'), 2,
    v.approval::engagement.approval_status,
    CASE v.approval WHEN 'approved' THEN o.owner_user_id::text WHEN 'auto_approved' THEN 'system' END,
    CASE WHEN v.approval IN ('approved', 'auto_approved') THEN d.created_at + interval '12 minutes' END,
    CASE WHEN v.posted THEN d.created_at + interval '20 minutes' END, outcome.metrics,
    CASE WHEN v.delivery = 'deleted' THEN d.created_at + interval '9 hours' END,
    CASE WHEN v.delivery = 'deleted' THEN 'self_correction'::engagement.delete_reason END,
    v.type::engagement.reply_type, v.delivery::engagement.delivery_status, v.confidence, v.product, v.link,
    v.type = 'myth_correction', v.reject_reason, v.reject_notes,
    CASE WHEN v.delivery = 'cancelled' THEN 'Recalled by a reviewer before it went out.' END,
    CASE v.delivery WHEN 'retry' THEN 'The network answered 503.'
        WHEN 'blocked' THEN 'The last check found a text like one of the five before it.' END,
    CASE WHEN v.posted OR v.delivery IN ('retry', 'blocked') THEN 1 ELSE 0 END,
    CASE v.delivery WHEN 'queued' THEN d.created_at + interval '20 minutes'
        WHEN 'retry' THEN d.created_at + interval '25 minutes' END,
    'seed-reply-' || v.key,
    CASE WHEN v.key = 'r10' THEN md5(o.organization_id::text || ':reply:r09')::uuid END, 1,
    d.created_at + v.after::interval, coalesce((outcome.metrics ->> 'updated_at')::timestamptz,
        d.created_at + CASE v.delivery WHEN 'deleted' THEN interval '9 hours' ELSE interval '20 minutes' END)
FROM identity.organizations o
CROSS JOIN (VALUES
    ('r01', 'p13', 'checklist', 'standard', 'approved', 'posted', true, 0.93, true, true, NULL, NULL, '4 minutes', E'Two o''clock is doable.\n1. A big glass of water now, another with food.\n2. Toast or a banana.\n3. Ten minutes by an open window.\nStill dizzy at noon? Call in. For next time: vita.example/tips\n—Antone (Vita)'),
    ('r02', 'p09', 'problem_solution_direct', 'competitive_positioning', 'approved', 'posted', true, 0.91, true, true, NULL, NULL, '4 minutes', E'A drink mix brings back fluid and salts, which is only half of a short night. Before ten: water, something plain to eat, fresh air on the way. For the next wedding there is Vita, a patch for the evening: vita.example/start\n—Antone (Vita)'),
    ('r03', 'p16', 'coach', 'standard', 'approved', 'posted', true, 0.92, true, true, NULL, NULL, '4 minutes', E'Now: half a litre of water, slowly. Before bed: a pinch of salt with food. At six: check how you feel, and make it an easy run if in doubt. For such evenings: vita.example/start\n—Antone (Vita)'),
    ('r04', 'p21', 'storylet', 'karma_building', 'auto_approved', 'posted', true, 0.95, false, false, NULL, NULL, '4 minutes', E'Nine hours, a calm pulse and a wedding behind you: that is a morning worth a line in the log. **One idea for the next entry:** note the last glass of water too, it makes the comparison fairer.\n—Antone (Vita)'),
    ('r05', 'p17', 'humor_light', 'standard', 'pending', 'not_ready', false, 0.88, false, false, NULL, NULL, '4 minutes', E'Slowly, with water, and with the regret moved to minute four, where the closer used to be. Tuesday crowds have seen worse and clapped anyway.\n—Antone (Vita)'),
    ('r06', 'p18', 'coach', 'standard', 'approved', 'queued', false, 0.90, false, false, NULL, NULL, '4 minutes', E'**5 minutes:** sit down, small sips of water. **15 minutes:** dry toast or rice, a few bites. **30 minutes:** lie on your side with the window open. If it does not ease by tomorrow, please ask a doctor.\n—Antone (Vita)'),
    ('r07', 'p19', 'mythbust', 'myth_correction', 'approved', 'retry', false, 0.89, false, false, NULL, NULL, '4 minutes', E'The ward has company, half the world orders it. By breakfast there is nothing left to soak up, though; something plain sits easier, with water beside it.\n—Antone (Vita)'),
    ('r08', 'p20', 'storylet', 'standard', 'approved', 'deleted', true, 0.87, false, false, NULL, NULL, '4 minutes', E'Sober me once framed such a bill and hung it in the hall. Past me never came to visit again. Water, toast, and a truce between the two of you.\n—Antone (Vita)'),
    ('r09', 'p10', 'credibility_anchor', 'competitive_positioning', 'rejected', 'not_ready', false, 0.78, true, false, 'low_quality', 'Reads like a leaflet. Shorter, and answer the question first.', '4 minutes', E'Oral rehydration is a drink with sugar and salts in a fixed proportion. Vita is a patch and works along another way.\n—Antone (Vita)'),
    ('r10', 'p10', 'credibility_anchor', 'competitive_positioning', 'pending', 'not_ready', false, 0.90, true, false, NULL, NULL, '15 minutes', E'Goblins report mixed results. It brings back fluid and salts, so sip it with breakfast. Vita is the other sort of thing: a patch you put on before the evening.\n—Antone (Vita)'),
    ('r11', 'p11', 'problem_solution_direct', 'competitive_positioning', 'approved', 'blocked', false, 0.88, true, false, NULL, NULL, '4 minutes', E'Good that it worked. What is left is often a short night: water, a dark room for twenty minutes, then food. Vita goes beside your tablets, not instead.\n—Antone (Vita)'),
    ('r12', 'p14', 'coach', 'standard', 'rejected', 'cancelled', false, 0.91, true, false, 'other', 'The thread turned to shift work; our point no longer fits.', '4 minutes', E'**Next on the list:** resting pulse at three in the morning, and the hour of the last glass of water. Two weeks with both show which one moves first. Vita keeps a plain log sheet if you want one.\n—Antone (Vita)'),
    ('r13', 'p15', 'humor_light', 'standard', 'pending', 'not_ready', false, 0.86, false, false, NULL, NULL, '4 minutes', E'The third half is already in the queue for eggs and pretending to read the menu. Save them a seat and a jug of water.\n—Antone (Vita)')
) AS v (key, post, archetype, type, approval, delivery, posted, confidence, product, link, reject_reason, reject_notes, after, content)
JOIN engagement.posts p ON p.organization_id = o.organization_id
    AND p.id = md5(o.organization_id::text || ':post:' || v.post)::uuid
JOIN engagement.decisions d ON d.organization_id = o.organization_id
    AND d.id = md5(o.organization_id::text || ':decision:' || v.post)::uuid
-- A window is what was counted up to then, so the figures only grow.
LEFT JOIN LATERAL (
    SELECT jsonb_build_object('windows', jsonb_object_agg(w.name, c.counts),
        'latest', (jsonb_agg(c.counts ORDER BY w.span DESC)) -> 0,
        'outcome_score', max(f.score), 'outcome_class', max(f.class), 'love_score', max(f.love),
        'updated_at', to_char((d.created_at + interval '20 minutes' + max(w.span)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) AS metrics
    FROM (VALUES
        ('r01', 9, 2, 0, 640, 2, 0, 0.60, 3, 0, 0, 14, 0.80, 'neutral', 71, '24 hours'),
        ('r02', 14, 4, 1, 900, 3, 0, 0.55, 6, 1, 24.90, 11, 0.95, 'neutral', 78, '7 days'),
        ('r03', 46, 7, 2, 5200, 5, 1, 0.48, 21, 0, 0.00, 26, 0.74, 'neutral', 66, '7 days'),
        ('r04', 12, 3, 0, 310, 3, 0, 0.70, 0, 0, 0, 8, 1.00, 'high', 83, '7 days')
    ) AS f (key, likes, replies, shares, impressions, positive, negative, sentiment, clicks, conversions, revenue, minutes, score, class, love, until)
    JOIN (VALUES ('15m', interval '15 minutes', 0.2), ('60m', interval '60 minutes', 0.5), ('24h', interval '24 hours', 0.9), ('7d', interval '7 days', 1.0)) AS w (name, span, share)
        ON w.span <= f.until::interval
    CROSS JOIN LATERAL (SELECT jsonb_build_object('likes', floor(f.likes * w.share), 'replies', floor(f.replies * w.share),
        'shares', floor(f.shares * w.share), 'impressions', floor(f.impressions * w.share),
        'positive_reactions', floor(f.likes * w.share), 'text_responses', floor(f.replies * w.share),
        'positive_responses', floor(f.positive * w.share), 'negative_responses', floor(f.negative * w.share),
        'sentiment', f.sentiment, 'unique_clicks', floor(f.clicks * w.share), 'sessions', floor(f.clicks * w.share),
        'add_to_cart', floor(f.conversions * w.share), 'conversions', floor(f.conversions * w.share),
        'revenue', CASE WHEN floor(f.conversions * w.share) > 0 THEN f.revenue ELSE 0 END, 'reports', 0, 'removed', false, 'blocked', false,
        'new_follows', 0, 'op_response_minutes', f.minutes) AS counts) AS c
    WHERE f.key = v.key
) AS outcome ON outcome.metrics -> 'windows' IS NOT NULL AND outcome.metrics -> 'windows' <> 'null'
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- What was said of competitors.
INSERT INTO engagement.competitive_mentions
    (organization_id, id, post_id, competitor_id, sentiment, satisfaction, opportunity_score, replied, created_at)
SELECT o.organization_id, md5(o.organization_id::text || ':mention:' || v.post)::uuid, p.id,
    c.id, v.sentiment::engagement.sentiment,
    v.satisfaction::engagement.user_satisfaction, v.opportunity, v.replied, p.processed_at
FROM identity.organizations o
CROSS JOIN (VALUES
    ('p09', 'LiquidIV', 'negative', 'unsatisfied', 0.9, true),
    ('p10', 'Pedialyte', 'neutral', 'questioning', 0.7, false),
    ('p11', 'Nuun', 'positive', 'satisfied', 0.3, false),
    ('p12', 'Gatorade', 'positive', 'satisfied', 0.3, false)
) AS v (post, competitor, sentiment, satisfaction, opportunity, replied)
JOIN engagement.competitors c ON c.organization_id = o.organization_id AND c.name = v.competitor
JOIN engagement.posts p ON p.organization_id = o.organization_id
    AND p.id = md5(o.organization_id::text || ':post:' || v.post)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- One work item per status.
INSERT INTO engagement.escalations
    (organization_id, id, post_id, decision_id, reply_id, reason, priority, status, assigned_to, resolved_by,
     resolution_notes, resolved_at, due_at, details, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':escalation:' || v.post)::uuid, d.post_id, d.id,
    md5(o.organization_id::text || ':reply:' || v.reply)::uuid, v.reason::engagement.escalation_reason,
    v.priority::engagement.escalation_priority, v.status::engagement.escalation_status,
    CASE WHEN v.status <> 'pending' THEN o.owner_user_id::text END,
    CASE WHEN v.notes IS NOT NULL THEN o.owner_user_id::text END, v.notes, t.made + v.closed::interval,
    t.made + v.due::interval, v.details::jsonb, t.made, t.made + coalesce(v.closed, '5 minutes')::interval
FROM identity.organizations o
CROSS JOIN (VALUES
    ('p01', NULL, 'safety_ambiguity', 'critical', 'pending', '0 minutes', '2 hours', NULL, NULL,
        '{"kind": "distress", "flags": ["ALCOHOL_POISONING"], "distress_probability": 0.9, "note": "We do not answer. Check whether the thread already tells the author to call an ambulance."}'),
    ('p15', 'r13', 'viral_thread', 'high', 'in_review', '4 minutes', '4 hours', NULL, NULL,
        '{"kind": "views", "views": 96000, "evs": 7.4}'),
    ('p20', 'r08', 'backlash_spike', 'critical', 'resolved', '9 hours', '2 hours', '70 minutes',
        'Taken back. The joke about money landed badly while rents were in the news; noted for the watch-list.',
        '{"kind": "self_correction", "responders": 34, "mean_polarity": -0.78, "velocity": 3.6, "trusted": "verified"}'),
    ('p16', 'r03', 'manual_flag', 'low', 'dismissed', '30 minutes', '7 days', '2 days',
        'He has a sponsor of his own; no sample is offered.',
        '{"kind": "follow_up", "suggestion": "Offer a sample after the friendly answer."}')
) AS v (post, reply, reason, priority, status, after, due, closed, notes, details)
JOIN engagement.decisions d ON d.organization_id = o.organization_id
    AND d.id = md5(o.organization_id::text || ':decision:' || v.post)::uuid
CROSS JOIN LATERAL (SELECT d.created_at + v.after::interval AS made) AS t
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The five decisions whose mode was drawn; the outcome stands once a reply is seven days old.
INSERT INTO learning.randomized_experiments
    (organization_id, id, decision_id, predicted_mode, actual_mode, predicted_outcome, actual_outcome, created_at)
SELECT o.organization_id, md5(o.organization_id::text || ':randomized:' || v.post)::uuid, d.id, d.predicted_mode,
    d.mode, v.expected, v.measured, d.created_at
FROM identity.organizations o
CROSS JOIN (VALUES ('p16', 0.66, 0.74), ('p17', 0.58, NULL), ('p18', 0.66, NULL), ('p19', 0.61, NULL),
    ('p21', 0.58, 1.00)) AS v (post, expected, measured)
JOIN engagement.decisions d ON d.organization_id = o.organization_id
    AND d.id = md5(o.organization_id::text || ':decision:' || v.post)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
