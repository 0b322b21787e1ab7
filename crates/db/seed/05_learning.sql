-- What was tried and learned: three experiments, the weights in force with their versions, two runs of the weight
-- optimization and what two adjustments promised and brought.
INSERT INTO learning.experiments
    (organization_id, id, name, description, dimension, variant_a, variant_b, metric, traffic_split, status,
     start_date, end_date, results_json, winner, approved_by, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':experiment:' || v.key)::uuid, v.name, v.question,
    v.dimension, v.a::jsonb, v.b::jsonb, v.metric::learning.experiment_metric, 0.5,
    v.status::learning.experiment_status, s.today - v.began::interval, s.today - v.ended::interval,
    v.results::jsonb, v.winner, CASE WHEN v.began IS NOT NULL THEN o.owner_user_id::text END,
    s.today - v.made::interval, s.today - coalesce(v.ended, '1 day')::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('draft', 'Question or statement first', 'Do answers that begin with a question bring more thanks?', 'opener',
     '{"opener": "question"}', '{"opener": "statement"}', 'love', 'draft', '2 days', NULL, NULL, NULL, NULL),
    ('running', 'Short or long explanation', 'Does one sentence of explanation bring as many clicks as three?', 'explainer_length',
     '{"sentences": 1}', '{"sentences": 3}', 'ctr', 'running', '11 days', '10 days', NULL,
     '{"arms": {"a": {"successes": 9, "failures": 28, "mean": 0.2564, "ci": [0.1362, 0.3996]}, "b": {"successes": 6, "failures": 29, "mean": 0.1892, "ci": [0.0832, 0.3256]}}, "p_a_better": 0.757, "allocation_history": [{"outcomes": 0, "share_a": 0.5}, {"outcomes": 50, "share_a": 0.54}], "p_value": 0.46, "cohens_d": 0.17, "effect": "negligible", "lift": 0.355, "regret": 2.4, "recommendation": "continue"}', NULL),
    ('completed', 'Invite softly or plainly', 'Does a soft invitation bring as many clicks as a plain one?', 'cta_assertiveness',
     '{"call": "soft"}', '{"call": "plain"}', 'ctr', 'completed', '33 days', '32 days', '19 days',
     '{"arms": {"a": {"successes": 30, "failures": 70, "mean": 0.3039, "ci": [0.2191, 0.3962]}, "b": {"successes": 15, "failures": 85, "mean": 0.1569, "ci": [0.0934, 0.2329]}}, "p_a_better": 0.994, "allocation_history": [{"outcomes": 0, "share_a": 0.5}, {"outcomes": 100, "share_a": 0.58}, {"outcomes": 200, "share_a": 0.66}], "p_value": 0.011, "cohens_d": 0.36, "effect": "small", "lift": 1.0, "regret": 7.1, "recommendation": "promote_a"}', 'a')
) AS v (key, name, question, dimension, a, b, metric, status, made, began, ended, results, winner)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The networks have too few outcomes for weights of their own; they keep the built-in ones.
INSERT INTO learning.segmented_weights
    (organization_id, id, segment_type, segment_key, sss_weight, ars_weight, evs_weight, trs_weight,
     sss_ars_weight, evs_trs_weight, sample_size, performance, created_at, updated_at)
SELECT o.organization_id, md5(o.organization_id::text || ':weights:' || v.key)::uuid,
    v.type::learning.segment_type, v.key, v.sss, v.ars, v.evs, v.trs, 0.05, 0.03, v.size, v.performance,
    s.today - interval '60 days', s.today - v.since::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('global', 'global', 0.4596, 0.2252, 0.1801, 0.1351, 200, 0.61, '0 days'),
    ('platform', 'twitter', 0.40, 0.25, 0.20, 0.15, 61, 0.54, '60 days'),
    ('platform', 'reddit', 0.40, 0.25, 0.20, 0.15, 48, 0.63, '60 days'),
    ('platform', 'threads', 0.40, 0.25, 0.20, 0.15, 37, 0.58, '60 days')
) AS v (type, key, sss, ars, evs, trs, size, performance, since)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO learning.weight_adjustment_logs
    (organization_id, id, date, action, reason, segment_type, segment_key, valid_segments, total_segments,
     sample_sizes, old_weights, new_weights, predicted_improvement, details_json, created_at)
SELECT o.organization_id, md5(o.organization_id::text || ':adjustment:' || v.action)::uuid, s.today - v.ago::interval,
    v.action::learning.adjustment_action, v.reason::learning.adjustment_reason, 'global', 'global', v.valid, 4,
    v.sizes::jsonb, '{"sss": 0.40, "ars": 0.25, "evs": 0.20, "trs": 0.15, "sss_ars": 0.05, "evs_trs": 0.03}',
    v.weights::jsonb, v.gain, v.details::jsonb, s.today - v.ago::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('skipped', 'insufficient_sample_size', '7 days', 2, '{"sss": 131, "ars": 88, "evs": 41, "trs": 240}', NULL, NULL::double precision, NULL),
    ('adjusted', 'successful', '0 days', 4, '{"sss": 164, "ars": 117, "evs": 102, "trs": 305}',
     '{"sss": 0.4596, "ars": 0.2252, "evs": 0.1801, "trs": 0.1351, "sss_ars": 0.05, "evs_trs": 0.03}', 0.22,
     '{"direction": "sss_up", "rate": 0.2758, "factors": {"base": 0.10, "data": 1.4142, "consistency": 1.5, "volatility": 1.0, "improvement": 1.3}, "n": 200, "p_value": 0.012, "cohens_d": 0.34, "ci": [0.03, 0.19], "outliers": 4}')
) AS v (action, reason, ago, valid, sizes, weights, gain, details)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO learning.segmented_weight_versions
    (organization_id, id, segment_weight_id, sss_weight, ars_weight, evs_weight, trs_weight, sss_ars_weight,
     evs_trs_weight, sample_size, performance, valid_from, log_id, created_at)
SELECT o.organization_id, md5(o.organization_id::text || ':weights_version:' || v.key || ':' || v.number)::uuid,
    w.id, v.sss, v.ars, v.evs, v.trs, 0.05, 0.03, v.size,
    v.performance, s.today - v.since::interval,
    CASE WHEN v.number = 2 THEN md5(o.organization_id::text || ':adjustment:adjusted')::uuid END,
    s.today - v.since::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('global', 1, 0.40, 0.25, 0.20, 0.15, 0, NULL, '60 days'),
    ('global', 2, 0.4596, 0.2252, 0.1801, 0.1351, 200, 0.61, '0 days'),
    ('twitter', 1, 0.40, 0.25, 0.20, 0.15, 0, NULL, '60 days'),
    ('reddit', 1, 0.40, 0.25, 0.20, 0.15, 0, NULL, '60 days'),
    ('threads', 1, 0.40, 0.25, 0.20, 0.15, 0, NULL, '60 days')
) AS v (key, number, sss, ars, evs, trs, size, performance, since)
-- Weights that were there before keep their own versions.
JOIN learning.segmented_weights w ON w.organization_id = o.organization_id
    AND w.id = md5(o.organization_id::text || ':weights:' || v.key)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- One adjustment was measured after seven days, the newest waits for its week.
INSERT INTO learning.learning_events
    (organization_id, id, date, adjustment_type, adjustment, predicted_improvement, baseline_performance,
     actual_improvement, accuracy, evaluated_at, created_at)
SELECT o.organization_id, md5(o.organization_id::text || ':learning_event:' || v.type)::uuid, s.today - v.ago::interval,
    v.type::learning.adjustment_type, v.adjustment::jsonb, v.promised, v.baseline, v.brought,
    1 - abs(v.brought - v.promised), s.today - v.measured::interval, s.today - v.ago::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES
    ('keyword', '14 days', '{"category": "recovery_intent", "term": "quick fix", "factor": 1.2}', 0.15, 0.48, 0.1875, '7 days'),
    ('weight', '0 days', '{"segment": "global", "direction": "sss_up", "rate": 0.2758}', 0.22, 0.50, NULL, NULL)
) AS v (type, ago, adjustment, promised, baseline, brought, measured)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
