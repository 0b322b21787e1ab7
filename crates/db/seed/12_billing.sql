-- What the people of the organization have booked and used: the owner is on Growth, everybody else on Free. The usage
-- is the month's of the first run. The payment provider is not asked: no row names a customer of one.
INSERT INTO billing.subscriptions
    (id, user_id, plan_id, status, current_period_start, current_period_end, billing_cycle_anchor, next_payment_date,
     last_payment_date, last_payment_cents, created_at, updated_at)
SELECT md5(o.organization_id::text || ':subscription:' || u.user_id::text)::uuid, u.user_id, p.id, 'active', t.month, t.month + interval '1 month',
    t.month, CASE WHEN p.price_monthly_cents > 0 THEN t.month + interval '1 month' END,
    CASE WHEN p.price_monthly_cents > 0 THEN t.month END, nullif(p.price_monthly_cents, 0), t.month, t.month
FROM identity.organizations o
CROSS JOIN (SELECT date_trunc('month', current_setting('app.seed_now')::timestamptz AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month) AS t
CROSS JOIN LATERAL (
    SELECT o.owner_user_id AS user_id, 'growth' AS plan
    UNION SELECT m.user_id, 'free' FROM identity.memberships m
        WHERE m.organization_id = o.organization_id AND m.user_id <> o.owner_user_id
) AS u
JOIN billing.plans p ON p.name = u.plan
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO billing.usage
    (id, user_id, month, posts_generated, posts_published, strategies_generated, organizations_created, api_calls,
     analytics_requests, llm_cost_microcents, created_at, updated_at)
SELECT md5(o.organization_id::text || ':usage')::uuid, o.owner_user_id, t.month, 12, 8, 1, 1, 240, 96, 26400000, s.today, s.today
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN LATERAL (SELECT date_trunc('month', s.today AT TIME ZONE 'UTC')::date AS month) AS t
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

-- The records that add up to the month.
INSERT INTO billing.usage_records
    (id, user_id, subscription_id, organization_id, metric, quantity, dedupe_key, period_start, period_end, recorded_at,
     created_at, updated_at)
SELECT md5(o.organization_id::text || ':usage_record:' || v.metric || ':' || v.part)::uuid, o.owner_user_id, b.id, o.organization_id,
    v.metric::billing.usage_metric, v.quantity, 'seed:' || o.organization_id || ':' || v.part, t.month, t.month + interval '1 month',
    s.today, s.today, s.today
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN LATERAL (SELECT date_trunc('month', s.today AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month) AS t
CROSS JOIN (VALUES
    ('posts_generated', 1, 5), ('posts_generated', 2, 7), ('posts_published', 1, 3), ('posts_published', 2, 5),
    ('strategies_generated', 1, 1), ('organizations_created', 1, 1), ('api_calls', 1, 240), ('analytics_requests', 1, 96)
) AS v (metric, part, quantity)
LEFT JOIN billing.subscriptions b ON b.id = md5(o.organization_id::text || ':subscription:' || o.owner_user_id::text)::uuid
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;

INSERT INTO billing.events
    (id, user_id, subscription_id, event_type, status, description, event_time, processed_at, created_at, updated_at)
SELECT md5(b.id::text || ':event:' || v.type)::uuid, b.user_id, b.id, v.type::billing.event_type, 'processed', v.description,
    b.created_at + v.later::interval, b.created_at + v.later::interval, b.created_at, b.created_at
FROM identity.organizations o
JOIN billing.subscriptions b ON b.id = md5(o.organization_id::text || ':subscription:' || o.owner_user_id::text)::uuid
CROSS JOIN (VALUES
    ('subscription_created', 'Growth was booked.', '0 seconds'),
    ('payment_succeeded', 'The first month was paid.', '5 seconds')
) AS v (type, description, later)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
