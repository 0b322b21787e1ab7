-- What was seen on tracked accounts, its numbers by day, and the runs that collected them.
-- NULL in a counter is "not reported", 0 is zero.
CREATE TYPE analytics.content_format AS ENUM ('post', 'reel', 'video', 'story', 'carousel', 'text', 'link');
CREATE TYPE analytics.metric_basis AS ENUM ('lifetime', 'day');
CREATE TYPE analytics.ingest_kind AS ENUM ('content', 'metrics', 'account', 'tagging', 'rollup');
CREATE TYPE analytics.ingest_trigger AS ENUM ('schedule', 'backfill', 'manual', 'retry');
CREATE TYPE analytics.ingest_status AS ENUM ('queued', 'running', 'success', 'partial', 'failed', 'skipped');
CREATE TYPE analytics.ingest_error_type AS ENUM ('transient', 'rate_limit', 'token_expired', 'permission', 'not_found', 'metric_unsupported', 'bad_request', 'policy_block', 'unknown');
CREATE TYPE analytics.tracking_health AS ENUM ('ok', 'degraded', 'rate_limited', 'needs_reauth', 'no_permission', 'disabled');

CREATE TABLE analytics.tracked_integrations (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    tracking_since date NOT NULL DEFAULT current_date,
    metrics_timezone text,
    last_content_at timestamptz,
    last_metrics_at timestamptz,
    health analytics.tracking_health NOT NULL DEFAULT 'ok',
    last_error_type analytics.ingest_error_type,
    last_error_code text,
    last_error_message text,
    next_attempt_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tracked_integrations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT tracked_integrations_integration_key UNIQUE (organization_id, integration_id),
    CONSTRAINT tracked_integrations_org_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT tracked_integrations_account_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.tracked_integrations IS 'A connected account whose numbers are collected.';
COMMENT ON COLUMN analytics.tracked_integrations.id IS 'The tracking.';
COMMENT ON COLUMN analytics.tracked_integrations.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.tracked_integrations.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.tracked_integrations.enabled IS 'Turned off instead of deleted.';
COMMENT ON COLUMN analytics.tracked_integrations.tracking_since IS 'First day of interest.';
COMMENT ON COLUMN analytics.tracked_integrations.metrics_timezone IS 'IANA zone the network cuts days in; NULL is UTC.';
COMMENT ON COLUMN analytics.tracked_integrations.last_content_at IS 'Newest successful listing.';
COMMENT ON COLUMN analytics.tracked_integrations.last_metrics_at IS 'Newest successful reading of numbers.';
COMMENT ON COLUMN analytics.tracked_integrations.health IS 'Quality of the collection.';
COMMENT ON COLUMN analytics.tracked_integrations.last_error_type IS 'Type of the newest failure.';
COMMENT ON COLUMN analytics.tracked_integrations.last_error_code IS 'The network''s code.';
COMMENT ON COLUMN analytics.tracked_integrations.last_error_message IS 'The newest failure in words, without secrets.';
COMMENT ON COLUMN analytics.tracked_integrations.next_attempt_at IS 'Not before this (rate limit or backoff).';
COMMENT ON COLUMN analytics.tracked_integrations.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.tracked_integrations.updated_at IS 'When it was last changed.';
ALTER TABLE analytics.tracked_integrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.tracked_integrations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.tracked_integrations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_tracked_integrations_enabled ON analytics.tracked_integrations (organization_id) WHERE enabled;
CREATE INDEX idx_tracked_integrations_next ON analytics.tracked_integrations (next_attempt_at);

CREATE TABLE analytics.content (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    external_content_id text NOT NULL,
    external_parent_id text,
    platform accounts.platform NOT NULL,
    format analytics.content_format NOT NULL,
    caption text,
    hashtags text[] NOT NULL DEFAULT '{}',
    language varchar(8),
    permalink text,
    media_url text,
    thumbnail_url text,
    duration_ms integer,
    published_at timestamptz NOT NULL,
    post_id uuid,
    is_deleted_on_platform boolean NOT NULL DEFAULT false,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    raw jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT content_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT content_external_key UNIQUE (organization_id, integration_id, external_content_id),
    CONSTRAINT content_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT content_account_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT content_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE NO ACTION,
    CONSTRAINT content_caption_check CHECK (length(caption) <= 65000)
);
COMMENT ON TABLE analytics.content IS 'An item seen on a tracked account, ours or not.';
COMMENT ON COLUMN analytics.content.id IS 'The content.';
COMMENT ON COLUMN analytics.content.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.content.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.content.external_content_id IS 'Id at the network, opaque.';
COMMENT ON COLUMN analytics.content.external_parent_id IS 'Id of what wraps it, where a network lists a thing twice.';
COMMENT ON COLUMN analytics.content.platform IS 'The network.';
COMMENT ON COLUMN analytics.content.format IS 'What kind of item.';
COMMENT ON COLUMN analytics.content.caption IS 'Text, at most 65,000 characters.';
COMMENT ON COLUMN analytics.content.hashtags IS 'Lower case, without #, each once, in order.';
COMMENT ON COLUMN analytics.content.language IS 'Detected or stated.';
COMMENT ON COLUMN analytics.content.permalink IS 'Public address.';
COMMENT ON COLUMN analytics.content.media_url IS 'First medium.';
COMMENT ON COLUMN analytics.content.thumbnail_url IS 'Small picture.';
COMMENT ON COLUMN analytics.content.duration_ms IS 'Length of a video.';
COMMENT ON COLUMN analytics.content.published_at IS 'When it went out.';
COMMENT ON COLUMN analytics.content.post_id IS 'Our own post, if it was ours; the operation that deletes a post clears it.';
COMMENT ON COLUMN analytics.content.is_deleted_on_platform IS 'Found gone.';
COMMENT ON COLUMN analytics.content.first_seen_at IS 'First listing that showed it.';
COMMENT ON COLUMN analytics.content.last_seen_at IS 'Newest listing that showed a change of it.';
COMMENT ON COLUMN analytics.content.raw IS 'The network''s record, without tokens.';
COMMENT ON COLUMN analytics.content.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.content.updated_at IS 'When it was last changed.';
ALTER TABLE analytics.content ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.content FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.content
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_content_published ON analytics.content (organization_id, published_at DESC);
CREATE INDEX idx_content_account_published ON analytics.content (organization_id, integration_id, published_at DESC);
CREATE INDEX idx_content_format ON analytics.content (organization_id, format, published_at);
CREATE INDEX idx_content_hashtags_gin ON analytics.content USING gin (hashtags);
CREATE INDEX idx_content_post ON analytics.content (organization_id, post_id) WHERE post_id IS NOT NULL;

CREATE TABLE analytics.daily_metrics (
    organization_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    external_content_id text NOT NULL,
    date date NOT NULL,
    reach bigint,
    impressions bigint,
    views bigint,
    reactions bigint,
    comments bigint,
    shares bigint,
    clicks bigint,
    saves bigint,
    watch_time_ms bigint,
    avg_watch_time_ms bigint,
    completion_rate real,
    extra jsonb NOT NULL DEFAULT '{}',
    basis analytics.metric_basis NOT NULL DEFAULT 'lifetime',
    is_partial boolean NOT NULL DEFAULT false,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    source_version text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT daily_metrics_pkey PRIMARY KEY (organization_id, integration_id, date, external_content_id),
    CONSTRAINT daily_metrics_content_fkey FOREIGN KEY (organization_id, integration_id, external_content_id) REFERENCES analytics.content (organization_id, integration_id, external_content_id) ON DELETE CASCADE,
    CONSTRAINT daily_metrics_completion_check CHECK (completion_rate BETWEEN 0 AND 1)
) PARTITION BY RANGE (date);
COMMENT ON TABLE analytics.daily_metrics IS 'The numbers of one content as of or on one day.';
COMMENT ON COLUMN analytics.daily_metrics.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.daily_metrics.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.daily_metrics.external_content_id IS 'The content''s id at the network.';
COMMENT ON COLUMN analytics.daily_metrics.date IS 'The day.';
COMMENT ON COLUMN analytics.daily_metrics.reach IS 'Unique viewers.';
COMMENT ON COLUMN analytics.daily_metrics.impressions IS 'Times shown.';
COMMENT ON COLUMN analytics.daily_metrics.views IS 'Plays or media views.';
COMMENT ON COLUMN analytics.daily_metrics.reactions IS 'Reactions of all kinds.';
COMMENT ON COLUMN analytics.daily_metrics.comments IS 'Comments.';
COMMENT ON COLUMN analytics.daily_metrics.shares IS 'Shares, reposts, quotes.';
COMMENT ON COLUMN analytics.daily_metrics.clicks IS 'Clicks.';
COMMENT ON COLUMN analytics.daily_metrics.saves IS 'Saves.';
COMMENT ON COLUMN analytics.daily_metrics.watch_time_ms IS 'Time watched by all.';
COMMENT ON COLUMN analytics.daily_metrics.avg_watch_time_ms IS 'Time watched per view.';
COMMENT ON COLUMN analytics.daily_metrics.completion_rate IS '0 to 1.';
COMMENT ON COLUMN analytics.daily_metrics.extra IS 'Splits and other numbers.';
COMMENT ON COLUMN analytics.daily_metrics.basis IS 'Total as of the day, or that day alone.';
COMMENT ON COLUMN analytics.daily_metrics.is_partial IS 'Read before the day ended.';
COMMENT ON COLUMN analytics.daily_metrics.fetched_at IS 'When the numbers that stand here were read.';
COMMENT ON COLUMN analytics.daily_metrics.source_version IS 'Connector and API version.';
COMMENT ON COLUMN analytics.daily_metrics.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.daily_metrics.updated_at IS 'When it was last changed.';
ALTER TABLE analytics.daily_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.daily_metrics
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE analytics.daily_metrics_default PARTITION OF analytics.daily_metrics DEFAULT;
CREATE INDEX idx_daily_metrics_org_date ON analytics.daily_metrics (organization_id, date);
CREATE INDEX idx_daily_metrics_account_date ON analytics.daily_metrics (organization_id, integration_id, date);
CREATE INDEX idx_daily_metrics_content_date ON analytics.daily_metrics (integration_id, external_content_id, date DESC);

CREATE TABLE analytics.account_daily_metrics (
    organization_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    date date NOT NULL,
    followers bigint,
    followers_gained bigint,
    followers_lost bigint,
    reach bigint,
    impressions bigint,
    views bigint,
    engagements bigint,
    profile_views bigint,
    clicks bigint,
    posts_count bigint,
    extra jsonb NOT NULL DEFAULT '{}',
    basis analytics.metric_basis NOT NULL DEFAULT 'day',
    is_partial boolean NOT NULL DEFAULT false,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT account_daily_metrics_pkey PRIMARY KEY (organization_id, integration_id, date),
    CONSTRAINT account_daily_metrics_account_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.account_daily_metrics IS 'The numbers of one account for one day.';
COMMENT ON COLUMN analytics.account_daily_metrics.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.account_daily_metrics.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.account_daily_metrics.date IS 'The day.';
COMMENT ON COLUMN analytics.account_daily_metrics.followers IS 'Followers at the end of the day.';
COMMENT ON COLUMN analytics.account_daily_metrics.followers_gained IS 'Followers won.';
COMMENT ON COLUMN analytics.account_daily_metrics.followers_lost IS 'Followers lost.';
COMMENT ON COLUMN analytics.account_daily_metrics.reach IS 'People reached.';
COMMENT ON COLUMN analytics.account_daily_metrics.impressions IS 'Times shown.';
COMMENT ON COLUMN analytics.account_daily_metrics.views IS 'Media views.';
COMMENT ON COLUMN analytics.account_daily_metrics.engagements IS 'Reactions, comments, shares and clicks together, as the network counts.';
COMMENT ON COLUMN analytics.account_daily_metrics.profile_views IS 'Visits of the profile.';
COMMENT ON COLUMN analytics.account_daily_metrics.clicks IS 'Clicks on the profile.';
COMMENT ON COLUMN analytics.account_daily_metrics.posts_count IS 'Posts.';
COMMENT ON COLUMN analytics.account_daily_metrics.extra IS 'Splits and other numbers.';
COMMENT ON COLUMN analytics.account_daily_metrics.basis IS 'That day alone, or total as of the day.';
COMMENT ON COLUMN analytics.account_daily_metrics.is_partial IS 'Read before the day ended.';
COMMENT ON COLUMN analytics.account_daily_metrics.fetched_at IS 'When the numbers that stand here were read.';
ALTER TABLE analytics.account_daily_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.account_daily_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.account_daily_metrics
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_account_daily_metrics_org_date ON analytics.account_daily_metrics (organization_id, date);

CREATE TABLE analytics.ingest_runs (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    integration_id uuid,
    kind analytics.ingest_kind NOT NULL,
    date date NOT NULL,
    trigger analytics.ingest_trigger NOT NULL DEFAULT 'schedule',
    status analytics.ingest_status NOT NULL DEFAULT 'queued',
    attempt integer NOT NULL DEFAULT 0,
    job_id text,
    items_total integer NOT NULL DEFAULT 0,
    items_ok integer NOT NULL DEFAULT 0,
    items_failed integer NOT NULL DEFAULT 0,
    api_calls integer NOT NULL DEFAULT 0,
    error_type analytics.ingest_error_type,
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ingest_runs_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT ingest_runs_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT ingest_runs_account_fkey FOREIGN KEY (organization_id, integration_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.ingest_runs IS 'One step of collecting one account''s day.';
COMMENT ON COLUMN analytics.ingest_runs.id IS 'The run.';
COMMENT ON COLUMN analytics.ingest_runs.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.ingest_runs.integration_id IS 'The account; NULL for work of the whole organization.';
COMMENT ON COLUMN analytics.ingest_runs.kind IS 'Which step.';
COMMENT ON COLUMN analytics.ingest_runs.date IS 'The day.';
COMMENT ON COLUMN analytics.ingest_runs.trigger IS 'Why it ran.';
COMMENT ON COLUMN analytics.ingest_runs.status IS 'How it ended.';
COMMENT ON COLUMN analytics.ingest_runs.attempt IS 'Which try.';
COMMENT ON COLUMN analytics.ingest_runs.job_id IS 'Deterministic: kind, organization, account, day.';
COMMENT ON COLUMN analytics.ingest_runs.items_total IS 'Items in scope.';
COMMENT ON COLUMN analytics.ingest_runs.items_ok IS 'Items read.';
COMMENT ON COLUMN analytics.ingest_runs.items_failed IS 'Items that failed.';
COMMENT ON COLUMN analytics.ingest_runs.api_calls IS 'Calls to the network.';
COMMENT ON COLUMN analytics.ingest_runs.error_type IS 'What ended it.';
COMMENT ON COLUMN analytics.ingest_runs.started_at IS 'When it began.';
COMMENT ON COLUMN analytics.ingest_runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN analytics.ingest_runs.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.ingest_runs.updated_at IS 'When it was last changed.';
ALTER TABLE analytics.ingest_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.ingest_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.ingest_runs
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_ingest_runs_org_date ON analytics.ingest_runs (organization_id, date, kind);
CREATE INDEX idx_ingest_runs_account_date ON analytics.ingest_runs (integration_id, date DESC);

CREATE TABLE analytics.ingest_errors (
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    external_content_id text,
    date date NOT NULL,
    error_type analytics.ingest_error_type NOT NULL,
    http_status integer,
    platform_code text,
    platform_subcode text,
    trace_id text,
    message varchar(500) NOT NULL,
    retry_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ingest_errors_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT ingest_errors_run_fkey FOREIGN KEY (organization_id, run_id) REFERENCES analytics.ingest_runs (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.ingest_errors IS 'A failure of collecting; kept 90 days.';
COMMENT ON COLUMN analytics.ingest_errors.id IS 'Order of writing.';
COMMENT ON COLUMN analytics.ingest_errors.run_id IS 'The run.';
COMMENT ON COLUMN analytics.ingest_errors.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.ingest_errors.integration_id IS 'The account.';
COMMENT ON COLUMN analytics.ingest_errors.external_content_id IS 'The item, if it concerns one.';
COMMENT ON COLUMN analytics.ingest_errors.date IS 'The day.';
COMMENT ON COLUMN analytics.ingest_errors.error_type IS 'What kind of failure.';
COMMENT ON COLUMN analytics.ingest_errors.http_status IS 'HTTP status.';
COMMENT ON COLUMN analytics.ingest_errors.platform_code IS 'The network''s code.';
COMMENT ON COLUMN analytics.ingest_errors.platform_subcode IS 'Its finer code.';
COMMENT ON COLUMN analytics.ingest_errors.trace_id IS 'The network''s name for the request.';
COMMENT ON COLUMN analytics.ingest_errors.message IS 'In words, without secrets.';
COMMENT ON COLUMN analytics.ingest_errors.retry_at IS 'When it is tried again.';
COMMENT ON COLUMN analytics.ingest_errors.created_at IS 'When it happened.';
ALTER TABLE analytics.ingest_errors ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.ingest_errors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.ingest_errors
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_ingest_errors_org_created ON analytics.ingest_errors (organization_id, created_at DESC);
CREATE INDEX idx_ingest_errors_account_type ON analytics.ingest_errors (integration_id, error_type, created_at DESC);

INSERT INTO governance.partitioned_tables VALUES ('analytics', 'daily_metrics', 'date');

GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.tracked_integrations, analytics.content, analytics.daily_metrics, analytics.account_daily_metrics, analytics.ingest_runs, analytics.ingest_errors TO rookery_api, rookery_worker;
