-- What needs attention: figures that fell, and content that spreads.
CREATE TABLE analytics.alert_rules (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    metric text NOT NULL,
    direction text NOT NULL,
    group_id uuid,
    integration_id uuid,
    threshold_pct double precision NOT NULL,
    min_baseline bigint NOT NULL DEFAULT 100,
    window_days smallint NOT NULL DEFAULT 7,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT alert_rules_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT alert_rules_metric_check CHECK (metric IN ('engagement_rate', 'reach', 'views', 'impressions', 'reactions',
        'comments', 'shares', 'clicks', 'saves', 'engagement')),
    CONSTRAINT alert_rules_direction_check CHECK (direction IN ('drop', 'spike')),
    CONSTRAINT alert_rules_scope_check CHECK (group_id IS NULL OR integration_id IS NULL),
    CONSTRAINT alert_rules_threshold_check CHECK (threshold_pct > 0 AND (direction = 'spike' OR threshold_pct <= 100)),
    CONSTRAINT alert_rules_baseline_check CHECK (min_baseline >= 1),
    CONSTRAINT alert_rules_window_check CHECK (window_days BETWEEN 1 AND 28),
    CONSTRAINT alert_rules_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT alert_rules_group_fkey FOREIGN KEY (organization_id, group_id) REFERENCES analytics.page_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT alert_rules_account_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.alert_rules IS 'From which change on an organization wants to be told; what has no rule follows the defaults in the code.';
COMMENT ON COLUMN analytics.alert_rules.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.alert_rules.id IS 'Its id.';
COMMENT ON COLUMN analytics.alert_rules.metric IS 'The figure.';
COMMENT ON COLUMN analytics.alert_rules.direction IS 'A fall from one window to the next, or a rise from one day to the next.';
COMMENT ON COLUMN analytics.alert_rules.group_id IS 'For this page group and its accounts; NULL is any.';
COMMENT ON COLUMN analytics.alert_rules.integration_id IS 'For this account alone; NULL is any.';
COMMENT ON COLUMN analytics.alert_rules.threshold_pct IS 'Change in percent from which an alert is raised; above 0.';
COMMENT ON COLUMN analytics.alert_rules.min_baseline IS 'A drop needs so much in the window before, a spike so much on its day.';
COMMENT ON COLUMN analytics.alert_rules.window_days IS 'Days of a drop''s window; spikes compare single days.';
COMMENT ON COLUMN analytics.alert_rules.enabled IS 'Off: nothing is raised where this rule holds.';
COMMENT ON COLUMN analytics.alert_rules.created_at IS 'When it was made.';
COMMENT ON COLUMN analytics.alert_rules.updated_at IS 'When it was last changed.';
CREATE UNIQUE INDEX idx_alert_rules_scope ON analytics.alert_rules (organization_id, metric, direction,
    coalesce(group_id, '00000000-0000-0000-0000-000000000000'), coalesce(integration_id, '00000000-0000-0000-0000-000000000000'));
CREATE INDEX idx_alert_rules_group ON analytics.alert_rules (organization_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX idx_alert_rules_account ON analytics.alert_rules (organization_id, integration_id) WHERE integration_id IS NOT NULL;
ALTER TABLE analytics.alert_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.alert_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.alert_rules
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.alert_rules TO rookery_api, rookery_worker;

CREATE TABLE analytics.alerts (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    metric text NOT NULL,
    current_value double precision NOT NULL,
    previous_value double precision NOT NULL,
    change_pct double precision NOT NULL,
    threshold_pct double precision NOT NULL,
    integration_id uuid,
    group_id uuid,
    content_id uuid,
    title text NOT NULL,
    message text NOT NULL,
    suggestions text[] NOT NULL DEFAULT '{}',
    period_start date NOT NULL,
    period_end date NOT NULL,
    is_read boolean NOT NULL DEFAULT false,
    read_at timestamptz,
    read_by uuid,
    resolved_at timestamptz,
    dedupe_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT alerts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT alerts_dedupe_key UNIQUE (organization_id, dedupe_key),
    CONSTRAINT alerts_kind_check CHECK (kind IN ('kpi_drop', 'viral_spike')),
    CONSTRAINT alerts_severity_check CHECK (severity IN ('critical', 'warning', 'info')),
    CONSTRAINT alerts_scope_check CHECK (group_id IS NULL OR (integration_id IS NULL AND content_id IS NULL)),
    CONSTRAINT alerts_period_check CHECK (period_start <= period_end),
    CONSTRAINT alerts_read_check CHECK (is_read = (read_at IS NOT NULL)),
    CONSTRAINT alerts_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT alerts_account_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT alerts_group_fkey FOREIGN KEY (organization_id, group_id) REFERENCES analytics.page_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT alerts_content_fkey FOREIGN KEY (organization_id, content_id) REFERENCES analytics.content (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT alerts_read_by_fkey FOREIGN KEY (read_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.alerts IS 'A figure that fell or rose by more than its threshold: one row per scope, figure and direction until it recovers or seven days pass.';
COMMENT ON COLUMN analytics.alerts.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.alerts.id IS 'Its id.';
COMMENT ON COLUMN analytics.alerts.kind IS 'A fall of a window''s figure, or content and accounts that spread.';
COMMENT ON COLUMN analytics.alerts.severity IS 'How bad it is; spikes are good news, info.';
COMMENT ON COLUMN analytics.alerts.metric IS 'The figure.';
COMMENT ON COLUMN analytics.alerts.current_value IS 'Its value when the alert was raised; a rate is a ratio, 0.05 is 5 %.';
COMMENT ON COLUMN analytics.alerts.previous_value IS 'Its value in the window before.';
COMMENT ON COLUMN analytics.alerts.change_pct IS 'Change in percent.';
COMMENT ON COLUMN analytics.alerts.threshold_pct IS 'The threshold that held.';
COMMENT ON COLUMN analytics.alerts.integration_id IS 'The account; NULL for a group.';
COMMENT ON COLUMN analytics.alerts.group_id IS 'The page group; NULL for an account or content.';
COMMENT ON COLUMN analytics.alerts.content_id IS 'The content, beside its account.';
COMMENT ON COLUMN analytics.alerts.title IS 'In one line.';
COMMENT ON COLUMN analytics.alerts.message IS 'Both values, the change and the threshold in words.';
COMMENT ON COLUMN analytics.alerts.suggestions IS 'What can be done.';
COMMENT ON COLUMN analytics.alerts.period_start IS 'First day of the window.';
COMMENT ON COLUMN analytics.alerts.period_end IS 'Last day of the window.';
COMMENT ON COLUMN analytics.alerts.is_read IS 'Whether somebody of the organization has read it.';
COMMENT ON COLUMN analytics.alerts.read_at IS 'When it was marked as read.';
COMMENT ON COLUMN analytics.alerts.read_by IS 'Who marked it; NULL is a program, or a person who is gone.';
COMMENT ON COLUMN analytics.alerts.resolved_at IS 'When the figure was found recovered; NULL while it is not.';
COMMENT ON COLUMN analytics.alerts.dedupe_key IS 'Kind, figure, scope and last day: the same finding is written once.';
COMMENT ON COLUMN analytics.alerts.created_at IS 'When it was raised.';
CREATE INDEX idx_alerts_created ON analytics.alerts (organization_id, created_at DESC);
CREATE INDEX idx_alerts_unread ON analytics.alerts (organization_id) WHERE NOT is_read;
CREATE INDEX idx_alerts_open ON analytics.alerts (organization_id, period_end) WHERE resolved_at IS NULL;
CREATE INDEX idx_alerts_account ON analytics.alerts (organization_id, integration_id) WHERE integration_id IS NOT NULL;
CREATE INDEX idx_alerts_group ON analytics.alerts (organization_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX idx_alerts_content ON analytics.alerts (organization_id, content_id) WHERE content_id IS NOT NULL;
ALTER TABLE analytics.alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.alerts
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.alerts TO rookery_api, rookery_worker;
