-- Page groups, tags, snapshots of our publications and accounts, daily sums.
-- Analytics tags are kept apart from the labels of the scheduler.
CREATE TYPE analytics.tag_type AS ENUM ('auto', 'manual');
CREATE TYPE analytics.tag_source AS ENUM ('hashtag', 'keyword', 'rule', 'user', 'model');
CREATE TYPE analytics.period AS ENUM ('hourly', 'daily', 'weekly', 'monthly');
CREATE TYPE analytics.metric_type AS ENUM ('engagement', 'reach', 'conversion', 'growth');
CREATE TYPE analytics.rollup_scope AS ENUM ('org', 'group', 'integration');

CREATE TABLE analytics.page_groups (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name varchar(120) NOT NULL,
    niche varchar(80),
    description varchar(500),
    deleted_at timestamptz,
    created_by uuid,
    updated_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT page_groups_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT page_groups_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT page_groups_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT page_groups_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.page_groups IS 'Groups of followed accounts; the niche is a label on the group.';
COMMENT ON COLUMN analytics.page_groups.id IS 'Its id.';
COMMENT ON COLUMN analytics.page_groups.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.page_groups.name IS 'Name, unique among the living regardless of case.';
COMMENT ON COLUMN analytics.page_groups.niche IS 'What the pages are about.';
COMMENT ON COLUMN analytics.page_groups.description IS 'In words.';
COMMENT ON COLUMN analytics.page_groups.deleted_at IS 'Deleted groups leave their name free.';
COMMENT ON COLUMN analytics.page_groups.created_by IS 'The person.';
COMMENT ON COLUMN analytics.page_groups.updated_by IS 'The person.';
COMMENT ON COLUMN analytics.page_groups.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.page_groups.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.page_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.page_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.page_groups
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE UNIQUE INDEX idx_page_groups_name ON analytics.page_groups (organization_id, lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX idx_page_groups_niche ON analytics.page_groups (organization_id, niche);

CREATE TABLE analytics.page_group_members (
    organization_id uuid NOT NULL,
    group_id uuid NOT NULL,
    tracked_integration_id uuid NOT NULL,
    assigned_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT page_group_members_pkey PRIMARY KEY (organization_id, group_id, tracked_integration_id),
    CONSTRAINT page_group_members_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT page_group_members_group_fkey FOREIGN KEY (organization_id, group_id) REFERENCES analytics.page_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT page_group_members_tracked_integration_fkey FOREIGN KEY (organization_id, tracked_integration_id) REFERENCES analytics.tracked_integrations (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.page_group_members IS 'Which followed account sits in which groups.';
COMMENT ON COLUMN analytics.page_group_members.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.page_group_members.group_id IS 'The group.';
COMMENT ON COLUMN analytics.page_group_members.tracked_integration_id IS 'The followed account''s row.';
COMMENT ON COLUMN analytics.page_group_members.assigned_at IS 'Since when.';
ALTER TABLE analytics.page_group_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.page_group_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.page_group_members
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_page_group_members_tracked ON analytics.page_group_members (organization_id, tracked_integration_id);

CREATE TABLE analytics.tags (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    key varchar(50) NOT NULL,
    label varchar(80),
    type analytics.tag_type NOT NULL,
    color varchar(9),
    description varchar(500),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tags_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT tags_id_type_key UNIQUE (organization_id, id, type),
    CONSTRAINT tags_key_check CHECK (char_length(key) >= 2 AND key = lower(btrim(key))),
    CONSTRAINT tags_color_check CHECK (color ~ '^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$'),
    CONSTRAINT tags_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.tags IS 'Words that content is sorted by: automatic by keyword, manual for campaigns. Not the labels of the scheduler.';
COMMENT ON COLUMN analytics.tags.id IS 'Its id.';
COMMENT ON COLUMN analytics.tags.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.tags.key IS 'Normalised form: NFC, trimmed, lower case, 2 to 50 characters.';
COMMENT ON COLUMN analytics.tags.label IS 'How it is shown.';
COMMENT ON COLUMN analytics.tags.type IS 'Automatic or manual.';
COMMENT ON COLUMN analytics.tags.color IS '#RRGGBB or #RRGGBBAA.';
COMMENT ON COLUMN analytics.tags.description IS 'In words.';
COMMENT ON COLUMN analytics.tags.deleted_at IS 'Deleted tags leave their key free.';
COMMENT ON COLUMN analytics.tags.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.tags.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.tags ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.tags FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.tags
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE UNIQUE INDEX idx_tags_key_type ON analytics.tags (organization_id, key, type) WHERE deleted_at IS NULL;
CREATE INDEX idx_tags_type ON analytics.tags (organization_id, type);

CREATE TABLE analytics.content_tags (
    organization_id uuid NOT NULL,
    content_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    tag_type analytics.tag_type NOT NULL,
    source analytics.tag_source NOT NULL DEFAULT 'keyword',
    confidence real NOT NULL DEFAULT 1.0,
    assigned_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT content_tags_pkey PRIMARY KEY (organization_id, content_id, tag_id),
    CONSTRAINT content_tags_confidence_check CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT content_tags_source_fits_type_check CHECK ((source = 'user') = (tag_type = 'manual')),
    CONSTRAINT content_tags_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT content_tags_content_fkey FOREIGN KEY (organization_id, content_id) REFERENCES analytics.content (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT content_tags_tag_id_tag_type_fkey FOREIGN KEY (organization_id, tag_id, tag_type) REFERENCES analytics.tags (organization_id, id, type) ON DELETE CASCADE,
    CONSTRAINT content_tags_assigned_by_fkey FOREIGN KEY (assigned_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE analytics.content_tags IS 'Which content bears which tag, and who or what put it there.';
COMMENT ON COLUMN analytics.content_tags.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.content_tags.content_id IS 'The content.';
COMMENT ON COLUMN analytics.content_tags.tag_id IS 'The tag.';
COMMENT ON COLUMN analytics.content_tags.tag_type IS 'The tag''s type, held equal by the key.';
COMMENT ON COLUMN analytics.content_tags.source IS 'Who or what assigned it.';
COMMENT ON COLUMN analytics.content_tags.confidence IS '0 to 1.';
COMMENT ON COLUMN analytics.content_tags.assigned_by IS 'The person, for source user.';
COMMENT ON COLUMN analytics.content_tags.created_at IS 'When the row was made.';
ALTER TABLE analytics.content_tags ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.content_tags FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.content_tags
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_content_tags_tag ON analytics.content_tags (organization_id, tag_id);

CREATE TABLE analytics.daily_rollups (
    organization_id uuid NOT NULL,
    date date NOT NULL,
    scope_type analytics.rollup_scope NOT NULL,
    scope_id uuid NOT NULL,
    format text NOT NULL DEFAULT 'all',
    content_count integer NOT NULL DEFAULT 0,
    new_content_count integer NOT NULL DEFAULT 0,
    reach bigint,
    impressions bigint,
    views bigint,
    reactions bigint,
    comments bigint,
    shares bigint,
    clicks bigint,
    saves bigint,
    engagement bigint,
    followers_delta bigint,
    integrations_expected integer NOT NULL DEFAULT 0,
    integrations_ok integer NOT NULL DEFAULT 0,
    computed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT daily_rollups_pkey PRIMARY KEY (organization_id, scope_type, scope_id, format, date),
    CONSTRAINT daily_rollups_content_count_check CHECK (content_count >= 0),
    CONSTRAINT daily_rollups_new_content_count_check CHECK (new_content_count >= 0),
    CONSTRAINT daily_rollups_integrations_expected_check CHECK (integrations_expected >= 0),
    CONSTRAINT daily_rollups_integrations_expected_check2 CHECK (integrations_ok BETWEEN 0 AND integrations_expected),
    CONSTRAINT daily_rollups_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.daily_rollups IS 'Sums per day for the organization, a page group or an account; can be rebuilt from daily metrics.';
COMMENT ON COLUMN analytics.daily_rollups.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.daily_rollups.date IS 'Day in the organization''s zone.';
COMMENT ON COLUMN analytics.daily_rollups.scope_type IS 'What is summed.';
COMMENT ON COLUMN analytics.daily_rollups.scope_id IS 'The organization, the group or the account.';
COMMENT ON COLUMN analytics.daily_rollups.format IS 'A content format, or all.';
COMMENT ON COLUMN analytics.daily_rollups.content_count IS 'Content with numbers on that day.';
COMMENT ON COLUMN analytics.daily_rollups.new_content_count IS 'Content published on that day.';
COMMENT ON COLUMN analytics.daily_rollups.reach IS 'Change during the day; a sum over content, not unique people.';
COMMENT ON COLUMN analytics.daily_rollups.impressions IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.views IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.reactions IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.comments IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.shares IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.clicks IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.saves IS 'Change during the day.';
COMMENT ON COLUMN analytics.daily_rollups.engagement IS 'Reactions, comments and shares, as everywhere.';
COMMENT ON COLUMN analytics.daily_rollups.followers_delta IS 'Change of followers.';
COMMENT ON COLUMN analytics.daily_rollups.integrations_expected IS 'Accounts that should have reported.';
COMMENT ON COLUMN analytics.daily_rollups.integrations_ok IS 'Accounts that reported.';
COMMENT ON COLUMN analytics.daily_rollups.computed_at IS 'When it was computed.';
ALTER TABLE analytics.daily_rollups ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_rollups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.daily_rollups
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_daily_rollups_org_date ON analytics.daily_rollups (organization_id, date);

CREATE TABLE analytics.publication_snapshots (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    publication_id uuid NOT NULL,
    post_id uuid NOT NULL,
    social_account_id uuid NOT NULL,
    platform accounts.platform NOT NULL,
    period analytics.period NOT NULL DEFAULT 'daily',
    recorded_at timestamptz NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    collected_at timestamptz NOT NULL DEFAULT now(),
    likes_count bigint,
    comments_count bigint,
    shares_count bigint,
    impressions_count bigint,
    reach_count bigint,
    views_count bigint,
    clicks_count bigint,
    saves_count bigint,
    followers_delta integer,
    website_clicks bigint,
    signups bigint,
    demos bigint,
    engagement_rate numeric(8,2),
    engagement_basis text,
    ctr numeric(8,2),
    demographics jsonb,
    metrics_by_time jsonb,
    raw_data jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT publication_snapshots_pkey PRIMARY KEY (organization_id, publication_id, period, recorded_at),
    CONSTRAINT publication_snapshots_engagement_basis_check CHECK (engagement_basis in ('reach','views','impressions')),
    CONSTRAINT publication_snapshots_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT publication_snapshots_publication_fkey FOREIGN KEY (organization_id, publication_id) REFERENCES publishing.post_publications (organization_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (recorded_at);
COMMENT ON TABLE analytics.publication_snapshots IS 'The numbers of one publication at a moment: a row per period and bucket.';
COMMENT ON COLUMN analytics.publication_snapshots.id IS 'Its id.';
COMMENT ON COLUMN analytics.publication_snapshots.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.publication_snapshots.publication_id IS 'The publication.';
COMMENT ON COLUMN analytics.publication_snapshots.post_id IS 'Its post.';
COMMENT ON COLUMN analytics.publication_snapshots.social_account_id IS 'Its account.';
COMMENT ON COLUMN analytics.publication_snapshots.platform IS 'Its network.';
COMMENT ON COLUMN analytics.publication_snapshots.period IS 'Size of the bucket.';
COMMENT ON COLUMN analytics.publication_snapshots.recorded_at IS 'Start of the bucket; part of the key, so that repeated collection overwrites instead of piling up.';
COMMENT ON COLUMN analytics.publication_snapshots.period_start IS 'For cumulative counters: the publication time.';
COMMENT ON COLUMN analytics.publication_snapshots.period_end IS 'The moment the numbers describe.';
COMMENT ON COLUMN analytics.publication_snapshots.collected_at IS 'When the network was asked.';
COMMENT ON COLUMN analytics.publication_snapshots.likes_count IS 'Likes or reactions; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.comments_count IS 'Comments; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.shares_count IS 'Shares, reposts and quotes; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.impressions_count IS 'Displays; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.reach_count IS 'Different people reached; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.views_count IS 'Plays or views; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.clicks_count IS 'Clicks; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.saves_count IS 'Saves; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.followers_delta IS 'Followers gained or lost through it; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.website_clicks IS 'Clicks to the website; NULL = not reported.';
COMMENT ON COLUMN analytics.publication_snapshots.signups IS 'Sign-ups attributed to it; NULL = not known.';
COMMENT ON COLUMN analytics.publication_snapshots.demos IS 'Demos attributed to it; NULL = not known.';
COMMENT ON COLUMN analytics.publication_snapshots.engagement_rate IS 'Percent, by the one definition (PUB-49).';
COMMENT ON COLUMN analytics.publication_snapshots.engagement_basis IS 'reach, views or impressions: what the rate was divided by.';
COMMENT ON COLUMN analytics.publication_snapshots.ctr IS 'Click-through rate in percent.';
COMMENT ON COLUMN analytics.publication_snapshots.demographics IS 'Audience split as the network tells it.';
COMMENT ON COLUMN analytics.publication_snapshots.metrics_by_time IS 'Finer course within the bucket, where there is one.';
COMMENT ON COLUMN analytics.publication_snapshots.raw_data IS 'The network''s answer as received, without tokens.';
COMMENT ON COLUMN analytics.publication_snapshots.created_at IS 'When the row was made.';
COMMENT ON COLUMN analytics.publication_snapshots.updated_at IS 'When the row last changed.';
ALTER TABLE analytics.publication_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.publication_snapshots FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.publication_snapshots
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE TABLE analytics.publication_snapshots_default PARTITION OF analytics.publication_snapshots DEFAULT;
CREATE INDEX idx_analytics_post_publication_id ON analytics.publication_snapshots (publication_id);
CREATE INDEX idx_analytics_platform ON analytics.publication_snapshots (platform);
CREATE INDEX idx_analytics_period ON analytics.publication_snapshots (period);
CREATE INDEX idx_analytics_recorded_at ON analytics.publication_snapshots (recorded_at);
CREATE INDEX idx_analytics_publication_recorded ON analytics.publication_snapshots (publication_id, recorded_at);
CREATE INDEX idx_analytics_org_recorded ON analytics.publication_snapshots (organization_id, recorded_at);
CREATE INDEX idx_analytics_collected ON analytics.publication_snapshots (collected_at);

CREATE TABLE analytics.account_snapshots (
    organization_id uuid NOT NULL,
    account_id uuid NOT NULL,
    recorded_on date NOT NULL,
    followers_count bigint,
    following_count bigint,
    posts_count bigint,
    raw_data jsonb,
    collected_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT account_snapshots_pkey PRIMARY KEY (organization_id, account_id, recorded_on),
    CONSTRAINT account_snapshots_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT account_snapshots_account_fkey FOREIGN KEY (organization_id, account_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE analytics.account_snapshots IS 'An account''s own numbers per day.';
COMMENT ON COLUMN analytics.account_snapshots.organization_id IS 'The organization.';
COMMENT ON COLUMN analytics.account_snapshots.account_id IS 'The account.';
COMMENT ON COLUMN analytics.account_snapshots.recorded_on IS 'Day in UTC.';
COMMENT ON COLUMN analytics.account_snapshots.followers_count IS 'Followers; NULL = not reported.';
COMMENT ON COLUMN analytics.account_snapshots.following_count IS 'Accounts followed; NULL = not reported.';
COMMENT ON COLUMN analytics.account_snapshots.posts_count IS 'Posts; NULL = not reported.';
COMMENT ON COLUMN analytics.account_snapshots.raw_data IS 'The network''s answer as received, without tokens.';
COMMENT ON COLUMN analytics.account_snapshots.collected_at IS 'When the network was asked.';
ALTER TABLE analytics.account_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.account_snapshots FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.account_snapshots
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_account_snapshots_org ON analytics.account_snapshots (organization_id, recorded_on);

INSERT INTO governance.partitioned_tables VALUES ('analytics', 'publication_snapshots', 'recorded_at');
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.page_groups, analytics.page_group_members, analytics.tags, analytics.content_tags, analytics.daily_rollups, analytics.publication_snapshots, analytics.account_snapshots TO rookery_api, rookery_worker;
