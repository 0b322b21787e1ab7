-- Connected social accounts with their encrypted tokens, and the rule book of the networks.
CREATE TYPE accounts.platform AS ENUM ('threads', 'instagram', 'twitter', 'facebook', 'linkedin', 'tiktok', 'reddit', 'youtube', 'mastodon', 'bluesky');
CREATE TYPE accounts.account_status AS ENUM ('active', 'expired', 'revoked', 'error', 'pending');
CREATE TYPE accounts.account_health AS ENUM ('healthy', 'degraded', 'unhealthy', 'unknown');

CREATE TABLE accounts.social_accounts (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL CONSTRAINT social_accounts_organization_fkey REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    connected_by uuid CONSTRAINT social_accounts_connected_by_fkey REFERENCES identity.users (id) ON DELETE SET NULL,
    platform accounts.platform NOT NULL,
    platform_user_id varchar(255) NOT NULL,
    username varchar(255) NOT NULL,
    display_name varchar(500),
    avatar_url varchar(2048),
    profile_url varchar(2048),
    status accounts.account_status NOT NULL DEFAULT 'pending',
    health accounts.account_health NOT NULL DEFAULT 'unknown',
    connector text NOT NULL DEFAULT 'direct',
    base_url varchar(2048),
    access_token_enc bytea,
    refresh_token_enc bytea,
    token_key_id smallint,
    token_type text,
    scopes text[] NOT NULL DEFAULT '{}',
    token_issued_at timestamptz,
    token_expires_at timestamptz,
    expires_at timestamptz,
    last_refresh_at timestamptz,
    refresh_failure_count integer NOT NULL DEFAULT 0,
    metadata jsonb NOT NULL DEFAULT '{}',
    followers_count bigint,
    following_count bigint,
    posts_count bigint,
    last_synced_at timestamptz,
    last_posted_at timestamptz,
    consecutive_failures integer NOT NULL DEFAULT 0,
    last_error_code text,
    last_error_message text,
    last_error_at timestamptz,
    disconnected_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT social_accounts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT social_accounts_connector_check CHECK (connector IN ('direct', 'buffer', 'hootsuite', 'sandbox'))
);
COMMENT ON TABLE accounts.social_accounts IS 'A connected account; integrationId elsewhere means its id.';
COMMENT ON COLUMN accounts.social_accounts.id IS 'The account.';
COMMENT ON COLUMN accounts.social_accounts.organization_id IS 'The organization.';
COMMENT ON COLUMN accounts.social_accounts.connected_by IS 'Who connected it.';
COMMENT ON COLUMN accounts.social_accounts.platform IS 'The network.';
COMMENT ON COLUMN accounts.social_accounts.platform_user_id IS 'Id at the network.';
COMMENT ON COLUMN accounts.social_accounts.username IS 'Handle without @; may change at the network.';
COMMENT ON COLUMN accounts.social_accounts.display_name IS 'Name people read.';
COMMENT ON COLUMN accounts.social_accounts.avatar_url IS 'Picture.';
COMMENT ON COLUMN accounts.social_accounts.profile_url IS 'Public page.';
COMMENT ON COLUMN accounts.social_accounts.status IS 'State of the connection.';
COMMENT ON COLUMN accounts.social_accounts.health IS 'Quality of the connection, computed from calls.';
COMMENT ON COLUMN accounts.social_accounts.connector IS 'Direct API, a relay service, or the sandbox.';
COMMENT ON COLUMN accounts.social_accounts.base_url IS 'API address the connector talks to; NULL is the network''s own.';
COMMENT ON COLUMN accounts.social_accounts.access_token_enc IS 'Encrypted; bound to table, column, organization and row.';
COMMENT ON COLUMN accounts.social_accounts.refresh_token_enc IS 'Encrypted; bound to table, column, organization and row.';
COMMENT ON COLUMN accounts.social_accounts.token_key_id IS 'Which key encrypted them.';
COMMENT ON COLUMN accounts.social_accounts.token_type IS 'Usually Bearer.';
COMMENT ON COLUMN accounts.social_accounts.scopes IS 'Granted rights.';
COMMENT ON COLUMN accounts.social_accounts.token_issued_at IS 'When the token was issued.';
COMMENT ON COLUMN accounts.social_accounts.token_expires_at IS 'End of the access token.';
COMMENT ON COLUMN accounts.social_accounts.expires_at IS 'End of the grant itself; after it only a new consent helps.';
COMMENT ON COLUMN accounts.social_accounts.last_refresh_at IS 'Newest renewal.';
COMMENT ON COLUMN accounts.social_accounts.refresh_failure_count IS 'Failed renewals in a row.';
COMMENT ON COLUMN accounts.social_accounts.metadata IS 'Facts the connector wants back.';
COMMENT ON COLUMN accounts.social_accounts.followers_count IS 'As last reported; NULL is not reported.';
COMMENT ON COLUMN accounts.social_accounts.following_count IS 'As last reported.';
COMMENT ON COLUMN accounts.social_accounts.posts_count IS 'As last reported.';
COMMENT ON COLUMN accounts.social_accounts.last_synced_at IS 'Newest successful call.';
COMMENT ON COLUMN accounts.social_accounts.last_posted_at IS 'Newest successful publication.';
COMMENT ON COLUMN accounts.social_accounts.consecutive_failures IS 'Failed calls in a row.';
COMMENT ON COLUMN accounts.social_accounts.last_error_code IS 'Type of the newest failure.';
COMMENT ON COLUMN accounts.social_accounts.last_error_message IS 'The newest failure in words, without secrets.';
COMMENT ON COLUMN accounts.social_accounts.last_error_at IS 'When it happened.';
COMMENT ON COLUMN accounts.social_accounts.disconnected_at IS 'Set together with status revoked.';
COMMENT ON COLUMN accounts.social_accounts.created_at IS 'When the row was made.';
COMMENT ON COLUMN accounts.social_accounts.updated_at IS 'When it was last changed.';
ALTER TABLE accounts.social_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.social_accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON accounts.social_accounts
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

-- PUB-60.
ALTER TABLE accounts.social_accounts SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX idx_social_accounts_user_id ON accounts.social_accounts (connected_by);
CREATE INDEX idx_social_accounts_platform ON accounts.social_accounts (platform);
CREATE INDEX idx_social_accounts_status ON accounts.social_accounts (status);
CREATE INDEX idx_social_accounts_health ON accounts.social_accounts (health);
CREATE INDEX idx_social_accounts_user_platform ON accounts.social_accounts (connected_by, platform);
CREATE UNIQUE INDEX idx_social_accounts_org_platform_user ON accounts.social_accounts (organization_id, platform, platform_user_id);
CREATE INDEX idx_social_accounts_expires_at ON accounts.social_accounts (expires_at);
CREATE INDEX idx_social_accounts_token_expires_at ON accounts.social_accounts (token_expires_at) WHERE status IN ('active', 'expired') AND refresh_token_enc IS NOT NULL;
CREATE INDEX idx_social_accounts_metadata_gin ON accounts.social_accounts USING gin (metadata);
CREATE INDEX idx_social_accounts_org_status ON accounts.social_accounts (organization_id, status, platform);
-- For the renewal scan as a run-time role: enum comparisons are not leakproof, so the status stands in the predicate.
CREATE INDEX idx_social_accounts_org_token_expires ON accounts.social_accounts (organization_id, token_expires_at) WHERE status IN ('active', 'expired') AND refresh_token_enc IS NOT NULL;

CREATE TABLE accounts.oauth_states (
    state_hash bytea CONSTRAINT oauth_states_pkey PRIMARY KEY,
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL CONSTRAINT oauth_states_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    platform accounts.platform NOT NULL,
    reconnect_account_id uuid,
    code_verifier_enc bytea,
    redirect_to text,
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE accounts.oauth_states IS 'A sign-in at a network that has begun; found by its digest before the organization is known.';
COMMENT ON COLUMN accounts.oauth_states.state_hash IS 'SHA-256 of the 32-byte state.';
COMMENT ON COLUMN accounts.oauth_states.organization_id IS 'For which organization; no foreign key, a local table cannot reference a tenant table.';
COMMENT ON COLUMN accounts.oauth_states.user_id IS 'Who began.';
COMMENT ON COLUMN accounts.oauth_states.platform IS 'The network.';
COMMENT ON COLUMN accounts.oauth_states.reconnect_account_id IS 'Set when an existing account is to be repaired.';
COMMENT ON COLUMN accounts.oauth_states.code_verifier_enc IS 'What the way back needs, encrypted.';
COMMENT ON COLUMN accounts.oauth_states.redirect_to IS 'Path inside the application only.';
COMMENT ON COLUMN accounts.oauth_states.expires_at IS 'Ten minutes.';
COMMENT ON COLUMN accounts.oauth_states.consumed_at IS 'Single use.';
COMMENT ON COLUMN accounts.oauth_states.created_at IS 'When the row was made.';

CREATE INDEX idx_oauth_states_expires ON accounts.oauth_states (expires_at);

CREATE TABLE accounts.account_events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    organization_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    from_value text,
    to_value text,
    detail jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT account_events_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT account_events_account_fkey FOREIGN KEY (organization_id, account_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE accounts.account_events IS 'What happened to an account.';
COMMENT ON COLUMN accounts.account_events.id IS 'Order of writing.';
COMMENT ON COLUMN accounts.account_events.organization_id IS 'The organization.';
COMMENT ON COLUMN accounts.account_events.account_id IS 'The account.';
COMMENT ON COLUMN accounts.account_events.kind IS 'connected, reconnected, refreshed, status_changed …';
COMMENT ON COLUMN accounts.account_events.from_value IS 'Before.';
COMMENT ON COLUMN accounts.account_events.to_value IS 'After.';
COMMENT ON COLUMN accounts.account_events.detail IS 'More, without secrets.';
COMMENT ON COLUMN accounts.account_events.occurred_at IS 'When.';
ALTER TABLE accounts.account_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.account_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON accounts.account_events
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_account_events_account ON accounts.account_events (organization_id, account_id, occurred_at DESC);

CREATE TABLE accounts.token_keys (
    key_id smallint CONSTRAINT token_keys_pkey PRIMARY KEY,
    check_value bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE accounts.token_keys IS 'A check value per encryption key this database was written with: a wrong or missing key file is found at start.';
COMMENT ON COLUMN accounts.token_keys.key_id IS 'Id in the key file.';
COMMENT ON COLUMN accounts.token_keys.check_value IS 'A fixed text encrypted with the key.';
COMMENT ON COLUMN accounts.token_keys.created_at IS 'When the key was first used.';

CREATE TABLE accounts.platform_rules (
    platform accounts.platform CONSTRAINT platform_rules_pkey PRIMARY KEY,
    text_limit integer NOT NULL,
    title_limit integer,
    count_method text NOT NULL DEFAULT 'codepoints',
    url_weight integer,
    hashtags_min integer NOT NULL DEFAULT 0,
    hashtags_max integer NOT NULL,
    hashtags_recommended integer NOT NULL DEFAULT 0,
    supports jsonb NOT NULL DEFAULT '{}',
    media_rules jsonb NOT NULL DEFAULT '{}',
    daily_limit integer NOT NULL,
    hourly_limit integer NOT NULL,
    overridden boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT platform_rules_count_method_check CHECK (count_method IN ('codepoints', 'utf16', 'weighted', 'graphemes'))
);
COMMENT ON TABLE accounts.platform_rules IS 'The rule book of a network, used by validation and pacing.';
COMMENT ON COLUMN accounts.platform_rules.platform IS 'The network.';
COMMENT ON COLUMN accounts.platform_rules.text_limit IS 'Longest main text, counted by count_method.';
COMMENT ON COLUMN accounts.platform_rules.title_limit IS 'Longest title.';
COMMENT ON COLUMN accounts.platform_rules.count_method IS 'How characters are counted.';
COMMENT ON COLUMN accounts.platform_rules.url_weight IS 'What an address in the text counts, if all count alike.';
COMMENT ON COLUMN accounts.platform_rules.hashtags_min IS 'Advice only.';
COMMENT ON COLUMN accounts.platform_rules.hashtags_max IS 'Hard limit.';
COMMENT ON COLUMN accounts.platform_rules.hashtags_recommended IS 'Advice only.';
COMMENT ON COLUMN accounts.platform_rules.supports IS 'Abilities.';
COMMENT ON COLUMN accounts.platform_rules.media_rules IS 'Limits of media.';
COMMENT ON COLUMN accounts.platform_rules.daily_limit IS 'Posts per account in a rolling day.';
COMMENT ON COLUMN accounts.platform_rules.hourly_limit IS 'Posts per account in a rolling hour.';
COMMENT ON COLUMN accounts.platform_rules.overridden IS 'An admin changed it; migrations leave it alone.';
COMMENT ON COLUMN accounts.platform_rules.updated_at IS 'When it was last changed.';

-- Limits as of autumn 2026; a hard limit of hashtags only where the network has one of its own.
INSERT INTO accounts.platform_rules
    (platform, text_limit, title_limit, count_method, url_weight, hashtags_min, hashtags_max, hashtags_recommended, daily_limit, hourly_limit, supports)
VALUES
    ('twitter', 280, NULL, 'weighted', 23, 1, 5, 2, 50, 5, '{"links": true, "threads": true, "polls": true}'),
    ('linkedin', 3000, 150, 'utf16', NULL, 3, 10, 5, 20, 2, '{"links": true, "threads": false, "polls": true}'),
    ('instagram', 2200, NULL, 'codepoints', NULL, 5, 30, 15, 25, 3, '{"links": false, "threads": false, "polls": true}'),
    ('tiktok', 4000, NULL, 'utf16', NULL, 3, 10, 5, 10, 2, '{"links": true, "threads": false, "polls": false}'),
    ('threads', 500, NULL, 'codepoints', NULL, 0, 1, 1, 30, 4, '{"links": true, "threads": true, "polls": true}'),
    ('facebook', 63206, NULL, 'codepoints', NULL, 0, 30, 2, 25, 3, '{"links": true, "threads": false, "polls": false}'),
    ('youtube', 5000, 100, 'codepoints', NULL, 0, 15, 3, 5, 1, '{"links": true, "threads": false, "polls": false}'),
    ('reddit', 40000, 300, 'codepoints', NULL, 0, 0, 0, 10, 2, '{"links": true, "threads": false, "polls": true}'),
    ('mastodon', 500, NULL, 'codepoints', 23, 0, 30, 2, 50, 10, '{"links": true, "threads": true, "polls": true}'),
    ('bluesky', 300, NULL, 'graphemes', NULL, 0, 30, 2, 50, 10, '{"links": true, "threads": true, "polls": false}');

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA accounts TO rookery_api, rookery_worker;
