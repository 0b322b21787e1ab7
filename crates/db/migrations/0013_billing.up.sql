-- Plans, subscriptions and usage. They belong to a person, the owner of organizations, so they are no
-- tenant tables. Invoices and means of payment stay with the payment provider.
CREATE SCHEMA billing;
COMMENT ON SCHEMA billing IS 'Plans, subscriptions, usage.';
GRANT USAGE ON SCHEMA billing TO rookery_api, rookery_worker;

CREATE TYPE billing.subscription_status AS ENUM ('active', 'cancelled', 'past_due', 'trialing', 'incomplete', 'unpaid');
CREATE TYPE billing.usage_metric AS ENUM ('posts_generated', 'posts_published', 'strategies_generated', 'api_calls', 'organizations_created', 'analytics_requests');
CREATE TYPE billing.event_type AS ENUM ('subscription_created', 'subscription_updated', 'subscription_cancelled', 'payment_succeeded', 'payment_failed', 'invoice_created', 'invoice_paid', 'invoice_failed', 'trial_started', 'trial_ended', 'plan_changed', 'payment_method_attached', 'payment_method_detached');

CREATE TABLE billing.plans (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    display_name text NOT NULL,
    description text,
    price_monthly_cents integer NOT NULL DEFAULT 0,
    price_yearly_cents integer,
    currency char(3) NOT NULL DEFAULT 'USD',
    stripe_price_id text,
    stripe_product_id text,
    limits jsonb NOT NULL DEFAULT '{}',
    features text[] NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    sort_order integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plans_pkey PRIMARY KEY (id),
    CONSTRAINT plans_name_key UNIQUE (name),
    CONSTRAINT plans_stripe_price_id_key UNIQUE (stripe_price_id),
    CONSTRAINT plans_stripe_product_id_key UNIQUE (stripe_product_id)
);
COMMENT ON TABLE billing.plans IS 'What can be booked, and the limits that come with it.';
COMMENT ON COLUMN billing.plans.id IS 'Its id.';
COMMENT ON COLUMN billing.plans.name IS 'Unique short name.';
COMMENT ON COLUMN billing.plans.display_name IS 'Name for people.';
COMMENT ON COLUMN billing.plans.description IS 'In words.';
COMMENT ON COLUMN billing.plans.price_monthly_cents IS 'Price of a month in cents.';
COMMENT ON COLUMN billing.plans.price_yearly_cents IS 'Price of a year in cents; NULL = not offered.';
COMMENT ON COLUMN billing.plans.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN billing.plans.stripe_price_id IS 'Id of the price at the payment provider.';
COMMENT ON COLUMN billing.plans.stripe_product_id IS 'Id of the product at the payment provider.';
COMMENT ON COLUMN billing.plans.limits IS 'Limits by name; null = none.';
COMMENT ON COLUMN billing.plans.features IS 'What is told to buyers.';
COMMENT ON COLUMN billing.plans.is_active IS 'Can be booked.';
COMMENT ON COLUMN billing.plans.sort_order IS 'Place in lists.';
COMMENT ON COLUMN billing.plans.created_at IS 'When the row was made.';
COMMENT ON COLUMN billing.plans.updated_at IS 'When the row last changed.';
CREATE INDEX idx_plans_active ON billing.plans (is_active, sort_order);

CREATE TABLE billing.subscriptions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    status billing.subscription_status NOT NULL,
    stripe_subscription_id text,
    stripe_customer_id text,
    stripe_session_id text,
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean NOT NULL DEFAULT false,
    cancelled_at timestamptz,
    trial_start timestamptz,
    trial_end timestamptz,
    billing_cycle_anchor timestamptz,
    next_payment_date timestamptz,
    last_payment_date timestamptz,
    last_payment_cents integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT subscriptions_stripe_subscription_id_key UNIQUE (stripe_subscription_id),
    CONSTRAINT subscriptions_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE CASCADE,
    CONSTRAINT subscriptions_plan_fkey FOREIGN KEY (plan_id) REFERENCES billing.plans (id) ON DELETE RESTRICT
);
COMMENT ON TABLE billing.subscriptions IS 'What an owner has booked.';
COMMENT ON COLUMN billing.subscriptions.id IS 'Its id.';
COMMENT ON COLUMN billing.subscriptions.user_id IS 'The paying owner.';
COMMENT ON COLUMN billing.subscriptions.plan_id IS 'The plan.';
COMMENT ON COLUMN billing.subscriptions.status IS 'Whether it holds.';
COMMENT ON COLUMN billing.subscriptions.stripe_subscription_id IS 'Id at the payment provider.';
COMMENT ON COLUMN billing.subscriptions.stripe_customer_id IS 'Id of the customer at the payment provider.';
COMMENT ON COLUMN billing.subscriptions.stripe_session_id IS 'Id of the checkout at the payment provider.';
COMMENT ON COLUMN billing.subscriptions.current_period_start IS 'Begin of what is paid.';
COMMENT ON COLUMN billing.subscriptions.current_period_end IS 'End of what is paid.';
COMMENT ON COLUMN billing.subscriptions.cancel_at_period_end IS 'Ends with the period.';
COMMENT ON COLUMN billing.subscriptions.cancelled_at IS 'When it was cancelled.';
COMMENT ON COLUMN billing.subscriptions.trial_start IS 'Begin of the trial.';
COMMENT ON COLUMN billing.subscriptions.trial_end IS 'End of the trial, 14 days after its begin.';
COMMENT ON COLUMN billing.subscriptions.billing_cycle_anchor IS 'Moment that fixes the days of payment.';
COMMENT ON COLUMN billing.subscriptions.next_payment_date IS 'Next payment.';
COMMENT ON COLUMN billing.subscriptions.last_payment_date IS 'Last payment.';
COMMENT ON COLUMN billing.subscriptions.last_payment_cents IS 'Its amount in cents.';
COMMENT ON COLUMN billing.subscriptions.created_at IS 'When the row was made.';
COMMENT ON COLUMN billing.subscriptions.updated_at IS 'When the row last changed.';
CREATE INDEX idx_subscriptions_user_status ON billing.subscriptions (user_id, status);
CREATE UNIQUE INDEX idx_subscriptions_live ON billing.subscriptions (user_id) WHERE status in ('active','trialing','past_due');
CREATE INDEX idx_subscriptions_customer ON billing.subscriptions (stripe_customer_id);
CREATE INDEX idx_subscriptions_period_end ON billing.subscriptions (status, current_period_end);

CREATE TABLE billing.usage (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    month date NOT NULL,
    posts_generated integer NOT NULL DEFAULT 0,
    posts_published integer NOT NULL DEFAULT 0,
    strategies_generated integer NOT NULL DEFAULT 0,
    organizations_created integer NOT NULL DEFAULT 0,
    api_calls bigint NOT NULL DEFAULT 0,
    analytics_requests bigint NOT NULL DEFAULT 0,
    llm_cost_microcents bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT usage_pkey PRIMARY KEY (id),
    CONSTRAINT usage_user_id_month_key UNIQUE (user_id, month),
    CONSTRAINT usage_month_check CHECK (extract(day from month) = 1),
    CONSTRAINT usage_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE CASCADE
);
COMMENT ON TABLE billing.usage IS 'Counters per owner and month.';
COMMENT ON COLUMN billing.usage.id IS 'Its id.';
COMMENT ON COLUMN billing.usage.user_id IS 'Owner of the organization that used it.';
COMMENT ON COLUMN billing.usage.month IS 'First day of the month, UTC.';
COMMENT ON COLUMN billing.usage.posts_generated IS 'Posts written by a model.';
COMMENT ON COLUMN billing.usage.posts_published IS 'Posts published.';
COMMENT ON COLUMN billing.usage.strategies_generated IS 'Strategies generated.';
COMMENT ON COLUMN billing.usage.organizations_created IS 'Organizations created.';
COMMENT ON COLUMN billing.usage.api_calls IS 'Calls of the API.';
COMMENT ON COLUMN billing.usage.analytics_requests IS 'Requests for figures.';
COMMENT ON COLUMN billing.usage.llm_cost_microcents IS 'Cost of language models in millionths of a cent.';
COMMENT ON COLUMN billing.usage.created_at IS 'When the row was made.';
COMMENT ON COLUMN billing.usage.updated_at IS 'When the row last changed.';
CREATE INDEX idx_usage_month ON billing.usage (month);

CREATE TABLE billing.usage_records (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    subscription_id uuid,
    organization_id uuid,
    metric billing.usage_metric NOT NULL,
    quantity integer NOT NULL DEFAULT 1,
    unit_price_cents integer,
    total_cents integer,
    dedupe_key text NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT usage_records_pkey PRIMARY KEY (id),
    CONSTRAINT usage_records_metric_dedupe_key_key UNIQUE (metric, dedupe_key),
    CONSTRAINT usage_records_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE CASCADE,
    CONSTRAINT usage_records_subscription_fkey FOREIGN KEY (subscription_id) REFERENCES billing.subscriptions (id) ON DELETE SET NULL
);
COMMENT ON TABLE billing.usage_records IS 'Single uses; counted once by their key.';
COMMENT ON COLUMN billing.usage_records.id IS 'Its id.';
COMMENT ON COLUMN billing.usage_records.user_id IS 'The owner.';
COMMENT ON COLUMN billing.usage_records.subscription_id IS 'The subscription it counts for.';
COMMENT ON COLUMN billing.usage_records.organization_id IS 'The organization; no foreign key, the record outlives it.';
COMMENT ON COLUMN billing.usage_records.metric IS 'What was used.';
COMMENT ON COLUMN billing.usage_records.quantity IS 'Negative = given back.';
COMMENT ON COLUMN billing.usage_records.unit_price_cents IS 'Price of one in cents.';
COMMENT ON COLUMN billing.usage_records.total_cents IS 'Price of all in cents.';
COMMENT ON COLUMN billing.usage_records.dedupe_key IS 'Counts a use once however often it is retried.';
COMMENT ON COLUMN billing.usage_records.period_start IS 'Begin of the period.';
COMMENT ON COLUMN billing.usage_records.period_end IS 'End of the period.';
COMMENT ON COLUMN billing.usage_records.metadata IS 'Further data of the source, as an object.';
COMMENT ON COLUMN billing.usage_records.recorded_at IS 'When it was used.';
COMMENT ON COLUMN billing.usage_records.created_at IS 'When the row was made.';
COMMENT ON COLUMN billing.usage_records.updated_at IS 'When the row last changed.';
CREATE INDEX idx_usage_records_user_metric ON billing.usage_records (user_id, metric, period_start);
CREATE INDEX idx_usage_records_recorded ON billing.usage_records (recorded_at);

CREATE TABLE billing.events (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid,
    subscription_id uuid,
    event_type billing.event_type NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    description text,
    stripe_event_id text,
    stripe_event_type text,
    data jsonb,
    error_message text,
    event_time timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_stripe_event_id_key UNIQUE (stripe_event_id),
    CONSTRAINT events_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT events_subscription_fkey FOREIGN KEY (subscription_id) REFERENCES billing.subscriptions (id) ON DELETE SET NULL
);
COMMENT ON TABLE billing.events IS 'What the payment provider told, processed once.';
COMMENT ON COLUMN billing.events.id IS 'Its id.';
COMMENT ON COLUMN billing.events.user_id IS 'The owner.';
COMMENT ON COLUMN billing.events.subscription_id IS 'The subscription.';
COMMENT ON COLUMN billing.events.event_type IS 'What happened.';
COMMENT ON COLUMN billing.events.status IS 'pending, success or failed.';
COMMENT ON COLUMN billing.events.description IS 'In words.';
COMMENT ON COLUMN billing.events.stripe_event_id IS 'Id at the payment provider; unique, so it is processed once.';
COMMENT ON COLUMN billing.events.stripe_event_type IS 'The payment provider''s name for it.';
COMMENT ON COLUMN billing.events.data IS 'The payment provider''s object.';
COMMENT ON COLUMN billing.events.error_message IS 'Why it could not be processed.';
COMMENT ON COLUMN billing.events.event_time IS 'When it happened.';
COMMENT ON COLUMN billing.events.processed_at IS 'When it was processed; NULL = not yet.';
COMMENT ON COLUMN billing.events.created_at IS 'When the row was made.';
COMMENT ON COLUMN billing.events.updated_at IS 'When the row last changed.';
CREATE INDEX idx_billing_events_user ON billing.events (user_id, event_time DESC);
CREATE INDEX idx_billing_events_type ON billing.events (event_type, event_time DESC);

-- The catalogue of STR-34; null = no limit. A fresh installation is unlimited.
INSERT INTO billing.plans (name, display_name, price_monthly_cents, price_yearly_cents, limits, sort_order) VALUES
    ('free', 'Free', 0, NULL, '{"postsPerMonth": 20, "strategies": 1, "organizations": 1, "teamMembers": 1, "platforms": ["twitter", "linkedin"], "analyticsDays": 14, "analytics": true, "advancedAnalytics": false, "autoScheduling": false, "autoApproval": false, "autoIteration": false, "customIntegrations": false, "prioritySupport": false}', 0),
    ('starter', 'Starter', 2900, 29000, '{"postsPerMonth": 50, "strategies": 2, "organizations": 1, "teamMembers": 1, "platforms": null, "analyticsDays": 90, "analytics": true, "advancedAnalytics": false, "autoScheduling": true, "autoApproval": false, "autoIteration": false, "customIntegrations": false, "prioritySupport": false}', 1),
    ('growth', 'Growth', 7900, 79000, '{"postsPerMonth": 200, "strategies": 5, "organizations": 3, "teamMembers": 3, "platforms": null, "analyticsDays": 90, "analytics": true, "advancedAnalytics": true, "autoScheduling": true, "autoApproval": "opt_in", "autoIteration": true, "customIntegrations": false, "prioritySupport": true}', 2),
    ('scale', 'Scale', 19900, 199000, '{"postsPerMonth": 1000, "strategies": 20, "organizations": 10, "teamMembers": 10, "platforms": null, "analyticsDays": 90, "analytics": true, "advancedAnalytics": true, "autoScheduling": true, "autoApproval": "opt_in", "autoIteration": true, "customIntegrations": true, "prioritySupport": true}', 3),
    ('unlimited', 'Unlimited', 0, NULL, '{"postsPerMonth": null, "strategies": null, "organizations": null, "teamMembers": null, "platforms": null, "analyticsDays": null, "analytics": true, "advancedAnalytics": true, "autoScheduling": true, "autoApproval": true, "autoIteration": true, "customIntegrations": true, "prioritySupport": false}', 4);

GRANT SELECT, INSERT, UPDATE, DELETE ON billing.subscriptions, billing.usage, billing.usage_records, billing.events TO rookery_api, rookery_worker;
GRANT SELECT ON billing.plans TO rookery_api, rookery_worker;
