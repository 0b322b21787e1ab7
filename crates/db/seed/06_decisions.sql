-- One decision for each rule of the choice of mode, in their order. The scores of the wording are given by their
-- parts; everything that follows from the scores is worked out here with the built-in weights, which were in force
-- when the decisions were made. Five modes were drawn at random: `drawn` is the mode that was used instead.
INSERT INTO engagement.decisions
    (organization_id, id, post_id, sss_score, ars_score, evs_score, trs_score, composite_score, mode, archetype,
     safety_flags, signals_json, temporal_context, competitor_detected, is_power_user, experiment_id,
     experiment_variant, is_randomized_experiment, predicted_mode, created_at)
SELECT o.organization_id, md5(o.organization_id::text || ':decision:' || v.post)::uuid, p.id,
    c.sss, v.ars, v.evs, v.trs, c.composite, coalesce(v.drawn, v.mode)::engagement.operational_mode,
    v.archetype::engagement.archetype, v.flags,
    jsonb_build_object(
        'logic_version', 1,
        'sss', jsonb_build_object('score', c.sss, 'confidence', 0.7, 'category', c.band, 'source', 'rules',
            'parts', jsonb_build_object('mood', v.mood, 'markers', v.markers, 'valence', v.valence, 'tense', v.tense)),
        'ars', jsonb_build_object('score', v.ars, 'confidence', c.ars_confidence, 'personas', a.archetype_tags,
            'interactions', jsonb_array_length(a.interaction_history)),
        'evs', jsonb_build_object('ratio', v.evs, 'confidence', c.evs_confidence, 'age_hours', round(c.age, 2),
            'category', CASE WHEN v.evs < 1 THEN 'silent_plea' WHEN v.evs < 2 THEN 'normal'
                WHEN v.evs < 5 THEN 'moderate' ELSE 'viral' END,
            'current_rate', round(c.rate, 2), 'baseline_rate', CASE WHEN v.evs <> 1 THEN round(c.rate / v.evs, 2) END,
            'baseline_posts', CASE WHEN v.evs <> 1 THEN 12 ELSE 0 END,
            'discussion_ratio', round(m.replies / greatest(m.likes, 1), 2),
            'shareability', round(m.reposts / greatest(m.likes, 1), 2)),
        'trs', jsonb_build_object('score', v.trs, 'confidence', c.trs_confidence, 'context', v.context)
            || CASE WHEN v.rule = 'LOW_TOPIC_RELEVANCE' THEN '{"pattern": "inbox"}'::jsonb ELSE '{}' END,
        'safety', jsonb_build_object('flags', v.flags, 'severity', v.severity, 'distress_probability', v.distress,
            'assessment', CASE WHEN v.severity = 'medium' THEN 'genuine_concern' END),
        'power_user', jsonb_build_object('qualifies', a.is_power_user, 'tier', a.power_tier,
            'followers', a.follower_count),
        'competitor', coalesce(v.competitor::jsonb, '[]'),
        'weights', '{"segment_type": "global", "segment_key": "global", "sample_size": 163, "shrinkage": 0.6198,
            "sss": 0.40, "ars": 0.25, "evs": 0.20, "trs": 0.15, "sss_ars": 0.05, "evs_trs": 0.03}'::jsonb,
        'composite', jsonb_build_object('value', c.composite, 'clamped', false, 'interval',
            jsonb_build_array(greatest(c.composite - 0.0392, 0), least(c.composite + 0.0392, 1))),
        'mode', jsonb_build_object('rule', v.rule, 'step', v.step, 'confidence', c.mode_confidence,
            'probabilities', c.shares),
        'archetype', CASE WHEN v.archetype IS NULL THEN 'null'::jsonb ELSE jsonb_build_object(
            'reason', CASE WHEN v.competitor IS NOT NULL THEN 'competitor' WHEN v.archetype = 'mythbust' THEN 'myth'
                ELSE 'best_score' END,
            'candidates', jsonb_build_array(v.archetype),
            'factors', jsonb_build_object('mode_fit', 0.85, 'content_fit', 0.5,
                'author_fit', round(0.5 + 0.3 * v.ars, 2),
                'competitor_fit', CASE WHEN v.competitor IS NULL THEN 0.5 ELSE 1.0 END, 'conversation_state', 0.5,
                'performance_memory', 0.5, 'safety', 0.8, 'novelty', 0.4)) END,
        'review', jsonb_build_object('needed', c.review IS NOT NULL, 'reason', c.review))
    || CASE WHEN v.mode = 'disengaged' THEN jsonb_build_object('disengage_reason', v.rule) ELSE '{}' END,
    jsonb_build_object('phase', CASE WHEN w.peak > 1 THEN 'peak' ELSE 'normal' END,
        'matched_rules', CASE w.peak WHEN 3 THEN '["sunday_morning"]'::jsonb WHEN 2 THEN '["saturday_morning"]'
            ELSE '[]' END,
        'monitoring_multiplier', w.peak, 'sss_threshold_adjustment', 0,
        'archetype_preferences', CASE WHEN w.peak > 1 THEN '["checklist", "coach"]'::jsonb ELSE '[]' END,
        'tone', CASE WHEN w.peak > 1 THEN 'urgent' ELSE 'plain' END, 'is_priority', w.peak > 1, 'timezone', 'UTC',
        'local_time', to_char(w.local, 'YYYY-MM-DD"T"HH24:MI:SS')),
    v.competitor::jsonb -> 0 ->> 'name', a.is_power_user,
    CASE WHEN v.variant IS NOT NULL THEN md5(o.organization_id::text || ':experiment:running')::uuid END, v.variant,
    v.drawn IS NOT NULL, CASE WHEN v.drawn IS NOT NULL THEN v.mode::engagement.operational_mode END,
    p.processed_at
FROM identity.organizations o
CROSS JOIN (VALUES
    ('p01', 1, 'SAFETY', 'disengaged', NULL, NULL, 0.25, 0.00, 0.10, 0.10, 0.50, 1.0, 0.8, 'ambiguous', ARRAY['ALCOHOL_POISONING'], 'critical', 0.90, NULL, NULL),
    ('p02', 1, 'SAFETY', 'disengaged', NULL, NULL, 0.25, 0.10, 0.00, 0.00, 0.50, 1.0, 1.0, 'literal', ARRAY['MEDICATION_INTERACTION'], 'high', 0.40, NULL, NULL),
    ('p03', 1, 'SAFETY', 'disengaged', NULL, NULL, 0.00, -0.08, 0.00, 0.00, 0.30, 1.0, 1.0, 'literal', ARRAY['DEATH_HYPERBOLE'], 'medium', 0.15, NULL, NULL),
    ('p04', 2, 'BLOCKED', 'disengaged', NULL, NULL, 0.25, 0.00, 0.00, 0.00, 0.00, 1.0, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p05', 2, 'COMMUNITY', 'disengaged', NULL, NULL, 0.00, 0.00, 0.00, 0.00, 0.70, 1.0, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p06', 3, 'LOW_TOPIC_RELEVANCE', 'disengaged', NULL, NULL, 0.20, 0.00, 0.00, 0.00, 0.55, 1.3, 0.0, 'metaphor', '{}', NULL, 0, NULL, NULL),
    ('p07', 4, 'STALE', 'disengaged', NULL, NULL, 0.25, 0.15, 0.10, 0.12, 0.55, 0.8, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p08', 4, 'ALREADY_ANSWERED', 'disengaged', NULL, NULL, 0.25, 0.00, 0.00, 0.00, 0.80, 1.0, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p09', 5, 'COMPETITOR_OPEN', 'helpful', NULL, 'problem_solution_direct', 0.25, 0.08, 0.12, 0.12, 0.80, 1.0, 1.0, 'literal', '{}', NULL, 0,
        '[{"name": "LiquidIV", "sentiment": "negative", "satisfaction": "unsatisfied", "opportunity": 0.9}]', 'a'),
    ('p10', 5, 'COMPETITOR_OPEN', 'hybrid', NULL, 'credibility_anchor', 0.25, -0.10, -0.12, 0.00, 0.30, 1.0, 1.0, 'literal', '{}', NULL, 0,
        '[{"name": "Pedialyte", "sentiment": "neutral", "satisfaction": "questioning", "opportunity": 0.7}]', NULL),
    ('p11', 5, 'COMPETITOR_CONTENT', 'hybrid', NULL, 'problem_solution_direct', 0.25, 0.00, 0.00, 0.00, 0.50, 1.0, 1.0, 'literal', '{}', NULL, 0,
        '[{"name": "Nuun", "sentiment": "positive", "satisfaction": "satisfied", "opportunity": 0.3}]', 'b'),
    ('p12', 5, 'COMPETITOR_SATISFIED', 'disengaged', NULL, NULL, 0.00, 0.00, 0.00, 0.00, 0.50, 1.0, 1.0, 'literal', '{}', NULL, 0,
        '[{"name": "Gatorade", "sentiment": "positive", "satisfaction": "satisfied", "opportunity": 0.3}]', NULL),
    ('p13', 6, 'HIGH_INTENT', 'helpful', NULL, 'checklist', 0.25, 0.10, 0.10, 0.12, 0.50, 1.0, 1.0, 'literal', '{}', NULL, 0, NULL, 'a'),
    ('p14', 7, 'VIRAL_LOYAL', 'hybrid', NULL, 'coach', 0.25, 0.00, 0.00, 0.00, 0.95, 6.2, 1.0, 'literal', '{}', NULL, 0, NULL, 'b'),
    ('p15', 7, 'VIRAL', 'engagement', NULL, 'humor_light', 0.25, 0.10, 0.00, 0.00, 0.50, 7.4, 0.8, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p16', 7, 'POWER_USER', 'helpful', 'helpful', 'coach', 0.25, 0.10, 0.00, 0.00, 0.60, 1.4, 0.8, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p17', 7, 'DISTANT_AUTHOR', 'engagement', 'engagement', 'humor_light', 0.25, 0.00, 0.00, 0.00, 0.30, 1.2, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p18', 7, 'SILENT_PLEA', 'helpful', 'hybrid', 'coach', 0.25, 0.00, 0.10, 0.00, 0.50, 0.3, 0.8, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p19', 7, 'MODERATE_INTENT', 'hybrid', 'hybrid', 'mythbust', 0.25, 0.08, 0.00, 0.00, 0.70, 1.1, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p20', 8, 'SPREADING', 'engagement', NULL, 'storylet', 0.00, -0.08, -0.10, 0.00, 0.50, 3.4, 1.0, 'literal', '{}', NULL, 0, NULL, 'a'),
    ('p21', 8, 'LOYAL_AUTHOR', 'engagement', 'engagement', 'storylet', 0.00, 0.00, 0.00, 0.00, 0.95, 1.0, 1.0, 'literal', '{}', NULL, 0, NULL, NULL),
    ('p22', 8, 'LOW_INTENT', 'disengaged', NULL, NULL, 0.00, -0.08, 0.00, 0.00, 0.55, 0.7, 0.6, 'ambiguous', '{}', NULL, 0, NULL, NULL),
    ('p23', 9, 'LOW_COMPOSITE', 'disengaged', NULL, NULL, 0.25, -0.10, 0.00, 0.00, 0.30, 0.1, 0.6, 'ambiguous', '{}', NULL, 0, NULL, NULL)
) AS v (post, step, rule, mode, drawn, archetype, mood, markers, valence, tense, ars, evs, trs, context, flags, severity, distress, competitor, variant)
JOIN engagement.posts p ON p.organization_id = o.organization_id
    AND p.id = md5(o.organization_id::text || ':post:' || v.post)::uuid
JOIN engagement.authors a ON a.organization_id = p.organization_id AND a.id = p.author_id
CROSS JOIN LATERAL (SELECT
    coalesce((p.raw_metrics ->> 'likes')::numeric, (p.raw_metrics ->> 'upvotes')::numeric, 0) AS likes,
    coalesce((p.raw_metrics ->> 'replies')::numeric, 0) AS replies,
    coalesce((p.raw_metrics ->> 'reposts')::numeric, 0) AS reposts,
    coalesce((p.raw_metrics ->> 'quotes')::numeric, 0) AS quotes) AS m
CROSS JOIN LATERAL (SELECT
    least(1, greatest(0, 0.40 + v.mood + v.markers + v.valence + v.tense)) AS sss,
    least(1, log(v.evs + 1) / log(101.0)) AS e,
    greatest(0.25, extract(epoch FROM p.detected_at - p.posted_at) / 3600) AS age,
    CASE WHEN a.interaction_history = '[]' THEN 0.5 ELSE 0.9 END AS ars_confidence,
    CASE WHEN v.evs = 1 THEN 0.5 ELSE 0.82 END AS evs_confidence,
    CASE v.context WHEN 'metaphor' THEN 0.99 WHEN 'literal' THEN 0.8 ELSE 0.6 END AS trs_confidence) AS r
CROSS JOIN LATERAL (SELECT
    round(0.40 * r.sss + 0.25 * v.ars + 0.20 * r.e + 0.15 * v.trs + 0.05 * r.sss * v.ars
        + 0.03 * r.e * v.trs, 4) AS composite,
    exp(-2 + 5 * r.sss + v.ars + 0.5 * r.e + 0.5 * v.trs) AS helpful,
    exp(-1 - 2 * r.sss + 2 * r.e + 0.5 * v.trs) AS engagement,
    exp(-1.5 + 2 * r.sss + 3 * v.ars + r.e + 0.5 * v.trs) AS hybrid,
    exp(-3 * r.sss - 2 * v.trs) AS disengaged) AS l
CROSS JOIN LATERAL (SELECT jsonb_build_object(
    'helpful', round(l.helpful / (l.helpful + l.engagement + l.hybrid + l.disengaged), 4),
    'engagement', round(l.engagement / (l.helpful + l.engagement + l.hybrid + l.disengaged), 4),
    'hybrid', round(l.hybrid / (l.helpful + l.engagement + l.hybrid + l.disengaged), 4),
    'disengaged', round(l.disengaged / (l.helpful + l.engagement + l.hybrid + l.disengaged), 4)) AS shares) AS k
CROSS JOIN LATERAL (SELECT r.sss, r.age, r.ars_confidence, r.evs_confidence, r.trs_confidence, l.composite, k.shares,
    (m.likes + m.replies + m.reposts + m.quotes) / r.age AS rate,
    CASE WHEN r.sss >= 0.82 THEN 'high_solution' WHEN r.sss >= 0.55 THEN 'moderate' ELSE 'low_solution' END AS band,
    CASE WHEN v.step <= 5 THEN 1 ELSE (k.shares ->> v.mode)::numeric END AS mode_confidence,
    CASE WHEN v.mode = 'disengaged' THEN NULL
        WHEN least(abs(r.sss - 0.82), abs(r.sss - 0.55), abs(l.composite - 0.82), abs(l.composite - 0.55)) <= 0.05
            THEN 'NEAR_THRESHOLD'
        WHEN v.mode IN ('helpful', 'hybrid') AND v.step > 5 AND (k.shares ->> v.mode)::numeric < 0.40
            THEN 'LOW_CONFIDENCE' END AS review) AS c
CROSS JOIN LATERAL (SELECT p.processed_at AT TIME ZONE 'UTC' AS local) AS d
CROSS JOIN LATERAL (SELECT d.local, CASE WHEN extract(hour FROM d.local) NOT BETWEEN 6 AND 10 THEN 1
    WHEN extract(isodow FROM d.local) = 7 THEN 3 WHEN extract(isodow FROM d.local) = 6 THEN 2 ELSE 1 END AS peak) AS w
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
