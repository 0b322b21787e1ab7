-- Reports of a period: sent by e-mail when their time comes, once each, and shown to whoever has a link.
CREATE TABLE analytics.report_schedules (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name varchar(120) NOT NULL,
    group_id uuid,
    cadence text NOT NULL,
    weekday smallint,
    day_of_month smallint,
    at time NOT NULL,
    time_zone text NOT NULL,
    recipients text[] NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    next_at timestamptz NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_schedules_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT report_schedules_cadence_check CHECK (cadence IN ('daily', 'weekly', 'monthly') AND (cadence = 'weekly') = (weekday IS NOT NULL) AND (cadence = 'monthly') = (day_of_month IS NOT NULL)),
    CONSTRAINT report_schedules_days_check CHECK (coalesce(weekday, 1) BETWEEN 1 AND 7 AND coalesce(day_of_month, 1) BETWEEN 1 AND 31),
    CONSTRAINT report_schedules_recipients_check CHECK (cardinality(recipients) BETWEEN 1 AND 20),
    CONSTRAINT report_schedules_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT report_schedules_group_fkey FOREIGN KEY (organization_id, group_id) REFERENCES analytics.page_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT report_schedules_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.report_schedules IS 'When a report of the organization or of a page group is sent, and to whom.';
COMMENT ON COLUMN analytics.report_schedules.id IS 'Its id.';
COMMENT ON COLUMN analytics.report_schedules.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.report_schedules.name IS 'Its name, in the subject of the e-mail.';
COMMENT ON COLUMN analytics.report_schedules.group_id IS 'The page group it is about; NULL is the whole organization.';
COMMENT ON COLUMN analytics.report_schedules.cadence IS 'daily, weekly or monthly; the report is about the day, the seven days or the month before.';
COMMENT ON COLUMN analytics.report_schedules.weekday IS 'The day of the week it is sent on, 1 = Monday; of weekly ones.';
COMMENT ON COLUMN analytics.report_schedules.day_of_month IS 'The day of the month it is sent on; in a shorter month its last day. Of monthly ones.';
COMMENT ON COLUMN analytics.report_schedules.at IS 'The time of day it is sent at, by its zone.';
COMMENT ON COLUMN analytics.report_schedules.time_zone IS 'The zone of its clock and of its days.';
COMMENT ON COLUMN analytics.report_schedules.recipients IS 'The addresses it is sent to.';
COMMENT ON COLUMN analytics.report_schedules.enabled IS 'Whether it is sent.';
COMMENT ON COLUMN analytics.report_schedules.next_at IS 'When the next one is sent.';
COMMENT ON COLUMN analytics.report_schedules.created_by IS 'Who made it; NULL for a program, or after erasure.';
COMMENT ON COLUMN analytics.report_schedules.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.report_schedules.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.report_schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.report_schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.report_schedules
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.report_schedules TO rookery_api, rookery_worker;

CREATE TABLE analytics.report_runs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    schedule_id uuid NOT NULL,
    period_from date NOT NULL,
    period_to date NOT NULL,
    state text NOT NULL,
    sent_to text[] NOT NULL DEFAULT '{}',
    error varchar(500),
    sent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_runs_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT report_runs_period_key UNIQUE (organization_id, schedule_id, period_from, period_to),
    CONSTRAINT report_runs_period_check CHECK (period_from <= period_to),
    CONSTRAINT report_runs_state_check CHECK (state IN ('queued', 'sent', 'failed') AND (state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT report_runs_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT report_runs_schedule_fkey FOREIGN KEY (organization_id, schedule_id) REFERENCES analytics.report_schedules (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.report_runs IS 'A report of one period of a schedule: made and sent once, even after restarts.';
COMMENT ON COLUMN analytics.report_runs.id IS 'Its id.';
COMMENT ON COLUMN analytics.report_runs.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.report_runs.schedule_id IS 'The schedule.';
COMMENT ON COLUMN analytics.report_runs.period_from IS 'First day it is about.';
COMMENT ON COLUMN analytics.report_runs.period_to IS 'Last day it is about.';
COMMENT ON COLUMN analytics.report_runs.state IS 'queued: it waits for the worker; sent; failed: it is not tried again.';
COMMENT ON COLUMN analytics.report_runs.sent_to IS 'Addresses whose server took it; they get it no second time.';
COMMENT ON COLUMN analytics.report_runs.error IS 'Why it could not be sent, in words.';
COMMENT ON COLUMN analytics.report_runs.sent_at IS 'When all had it.';
COMMENT ON COLUMN analytics.report_runs.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.report_runs.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.report_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.report_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.report_runs
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.report_runs TO rookery_api, rookery_worker;

CREATE TABLE analytics.report_links (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    group_id uuid,
    period_from date NOT NULL,
    period_to date NOT NULL,
    token_hash bytea NOT NULL,
    recipient varchar(200) NOT NULL,
    created_by uuid,
    expires_at timestamptz NOT NULL,
    opened_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT report_links_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT report_links_token_hash_key UNIQUE (organization_id, token_hash),
    CONSTRAINT report_links_token_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT report_links_period_check CHECK (period_from <= period_to),
    CONSTRAINT report_links_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT report_links_group_fkey FOREIGN KEY (organization_id, group_id) REFERENCES analytics.page_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT report_links_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.report_links IS 'A link through which somebody without an account reads one report.';
COMMENT ON COLUMN analytics.report_links.id IS 'Its id.';
COMMENT ON COLUMN analytics.report_links.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.report_links.group_id IS 'The page group the report is about; NULL is the whole organization.';
COMMENT ON COLUMN analytics.report_links.period_from IS 'First day of the report.';
COMMENT ON COLUMN analytics.report_links.period_to IS 'Last day of the report.';
COMMENT ON COLUMN analytics.report_links.token_hash IS 'SHA-256 of the token in the address; the token is shown once.';
COMMENT ON COLUMN analytics.report_links.recipient IS 'For whom, as the sender calls them.';
COMMENT ON COLUMN analytics.report_links.created_by IS 'Who made it; NULL for a program, or after erasure.';
COMMENT ON COLUMN analytics.report_links.expires_at IS 'When it stops working.';
COMMENT ON COLUMN analytics.report_links.opened_at IS 'When it was first opened.';
COMMENT ON COLUMN analytics.report_links.revoked_at IS 'When it was taken back.';
COMMENT ON COLUMN analytics.report_links.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.report_links.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.report_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.report_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.report_links
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.report_links TO rookery_api, rookery_worker;

CREATE INDEX idx_report_schedules_group ON analytics.report_schedules (organization_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX idx_report_schedules_created_by ON analytics.report_schedules (created_by);
CREATE INDEX idx_report_schedules_due ON analytics.report_schedules (organization_id, next_at) WHERE enabled;
CREATE INDEX idx_report_runs_newest ON analytics.report_runs (organization_id, created_at DESC, id DESC);
CREATE INDEX idx_report_links_newest ON analytics.report_links (organization_id, created_at DESC, id DESC);
CREATE INDEX idx_report_links_group ON analytics.report_links (organization_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX idx_report_links_created_by ON analytics.report_links (created_by);

CREATE TABLE analytics.report_link_directory (
    token_hash bytea CONSTRAINT report_link_directory_pkey PRIMARY KEY,
    organization_id uuid NOT NULL,
    link_id uuid NOT NULL
);
COMMENT ON TABLE analytics.report_link_directory IS 'Which organization the token of a report''s link belongs to.';
COMMENT ON COLUMN analytics.report_link_directory.token_hash IS 'SHA-256 of the token in the address.';
COMMENT ON COLUMN analytics.report_link_directory.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.report_link_directory.link_id IS 'The link.';
GRANT SELECT, INSERT, DELETE ON analytics.report_link_directory TO rookery_api, rookery_worker;
