-- Posts, their publications and every try to deliver them. Columns that point to strategy tables and
-- to schedule templates exist from the start; their foreign keys arrive with those tables.
CREATE TYPE publishing.post_status AS ENUM ('draft', 'scheduled', 'publishing', 'published', 'failed', 'cancelled');
CREATE TYPE publishing.publication_status AS ENUM ('draft', 'scheduled', 'publishing', 'retrying', 'published', 'failed', 'cancelled');
CREATE TYPE publishing.post_outcome AS ENUM ('none', 'complete', 'partial', 'failed');
CREATE TYPE publishing.editorial_state AS ENUM ('not_required', 'draft', 'pending_review', 'needs_changes', 'approved', 'rejected', 'archived');
CREATE TYPE publishing.content_type AS ENUM ('text', 'image', 'video', 'carousel', 'story', 'reel', 'mixed');
CREATE TYPE publishing.post_format AS ENUM ('post', 'thread', 'story', 'reel', 'short', 'carousel', 'poll');
CREATE TYPE publishing.post_origin AS ENUM ('human', 'ai', 'template', 'import');
CREATE TYPE publishing.attempt_phase AS ENUM ('claimed', 'preparing', 'sending', 'confirmed', 'failed', 'unknown');
CREATE TYPE publishing.error_class AS ENUM ('transient', 'rate_limited', 'auth', 'media', 'policy', 'permanent', 'expired', 'config', 'unknown_outcome');
CREATE TYPE publishing.change_source AS ENUM ('human', 'ai', 'coach', 'import', 'system');

CREATE TABLE publishing.posts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    author_user_id uuid,
    platform accounts.platform,
    origin publishing.post_origin NOT NULL DEFAULT 'human',
    title varchar(255),
    slug varchar(255),
    content text NOT NULL DEFAULT '',
    hook text,
    cta text,
    content_type publishing.content_type NOT NULL DEFAULT 'text',
    format publishing.post_format NOT NULL DEFAULT 'post',
    hashtags jsonb NOT NULL DEFAULT '[]',
    mentions jsonb NOT NULL DEFAULT '[]',
    media_refs jsonb,
    status publishing.post_status NOT NULL DEFAULT 'draft',
    outcome publishing.post_outcome NOT NULL DEFAULT 'none',
    editorial_state publishing.editorial_state NOT NULL DEFAULT 'draft',
    scheduled_at timestamptz,
    timezone text NOT NULL DEFAULT 'UTC',
    is_scheduled boolean NOT NULL DEFAULT false,
    published_at timestamptz,
    expires_at timestamptz,
    failed_at timestamptz,
    error_message text,
    retry_count integer NOT NULL DEFAULT 0,
    last_retry_at timestamptz,
    parent_post_id uuid,
    comment_delay_minutes integer,
    pillar_id uuid,
    series_id uuid,
    sequence_no integer,
    strategy_id uuid,
    generation_id uuid,
    generated_by text,
    confidence numeric(4,3),
    rationale text,
    schedule_template_id uuid,
    analytics jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    revision integer NOT NULL DEFAULT 1,
    approved_revision integer,
    archived_at timestamptz,
    search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple'::regconfig, coalesce(title,'')),'A') || setweight(to_tsvector('simple'::regconfig, content),'B') || setweight(jsonb_to_tsvector('simple'::regconfig, hashtags, '["string"]'),'A')) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT posts_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT posts_author_fkey FOREIGN KEY (author_user_id) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT posts_parent_fkey FOREIGN KEY (organization_id, parent_post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT posts_tags_are_arrays CHECK (jsonb_typeof(hashtags) = 'array' AND jsonb_typeof(mentions) = 'array'),
    CONSTRAINT posts_confidence_check CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT posts_scheduled_has_time CHECK (status <> 'scheduled' OR scheduled_at IS NOT NULL),
    CONSTRAINT posts_comment_delay_check CHECK (comment_delay_minutes >= 0),
    CONSTRAINT posts_not_own_parent CHECK (parent_post_id IS NULL OR parent_post_id <> id),
    CONSTRAINT posts_format_matches_type CHECK ((format IN ('post', 'thread') AND content_type IN ('text', 'image', 'video', 'mixed')) OR (format = 'story' AND content_type = 'story') OR (format = 'reel' AND content_type = 'reel') OR (format = 'short' AND content_type = 'video') OR (format = 'carousel' AND content_type = 'carousel') OR (format = 'poll' AND content_type = 'text'))
);
COMMENT ON TABLE publishing.posts IS 'Something of ours, for one or many accounts.';
COMMENT ON COLUMN publishing.posts.id IS 'Its id.';
COMMENT ON COLUMN publishing.posts.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.posts.author_user_id IS 'Creator; NULL after the user is erased.';
COMMENT ON COLUMN publishing.posts.platform IS 'Written for this platform only; NULL = any.';
COMMENT ON COLUMN publishing.posts.origin IS 'Who or what made it.';
COMMENT ON COLUMN publishing.posts.title IS 'Internal or platform title.';
COMMENT ON COLUMN publishing.posts.slug IS 'URL-friendly id.';
COMMENT ON COLUMN publishing.posts.content IS 'Main text.';
COMMENT ON COLUMN publishing.posts.hook IS 'Opening line.';
COMMENT ON COLUMN publishing.posts.cta IS 'Call to action.';
COMMENT ON COLUMN publishing.posts.content_type IS 'What media it is made of.';
COMMENT ON COLUMN publishing.posts.format IS 'What the network will show.';
COMMENT ON COLUMN publishing.posts.hashtags IS 'Array of strings without #.';
COMMENT ON COLUMN publishing.posts.mentions IS 'Array of strings without @.';
COMMENT ON COLUMN publishing.posts.media_refs IS 'Wished-for media not yet produced: role, asset id, image prompt.';
COMMENT ON COLUMN publishing.posts.status IS 'Delivery state, rolled up from publications (PUB-36).';
COMMENT ON COLUMN publishing.posts.outcome IS 'Complete / partial / failed.';
COMMENT ON COLUMN publishing.posts.editorial_state IS 'Review state.';
COMMENT ON COLUMN publishing.posts.scheduled_at IS 'Planned time; default for its publications.';
COMMENT ON COLUMN publishing.posts.timezone IS 'Zone in which the time was chosen.';
COMMENT ON COLUMN publishing.posts.is_scheduled IS 'The time was planned ahead, not "now"; stays true after publishing.';
COMMENT ON COLUMN publishing.posts.published_at IS 'First successful publication.';
COMMENT ON COLUMN publishing.posts.expires_at IS 'Not to be published after this moment.';
COMMENT ON COLUMN publishing.posts.failed_at IS 'Last time the post ended failed.';
COMMENT ON COLUMN publishing.posts.error_message IS 'Summary of the failed publications.';
COMMENT ON COLUMN publishing.posts.retry_count IS 'Highest retry count among its publications.';
COMMENT ON COLUMN publishing.posts.last_retry_at IS 'When a publication of it was last tried again.';
COMMENT ON COLUMN publishing.posts.parent_post_id IS 'This post is a follow-up comment of that post.';
COMMENT ON COLUMN publishing.posts.comment_delay_minutes IS 'Minutes after the parent.';
COMMENT ON COLUMN publishing.posts.pillar_id IS 'Content pillar.';
COMMENT ON COLUMN publishing.posts.series_id IS 'Series.';
COMMENT ON COLUMN publishing.posts.sequence_no IS 'Place in the series, from 1.';
COMMENT ON COLUMN publishing.posts.strategy_id IS 'Strategy version it was made under.';
COMMENT ON COLUMN publishing.posts.generation_id IS 'The LLM call that made it.';
COMMENT ON COLUMN publishing.posts.generated_by IS 'Model attribution, provider/model.';
COMMENT ON COLUMN publishing.posts.confidence IS 'How sure the generator was, 0 to 1.';
COMMENT ON COLUMN publishing.posts.rationale IS 'Why this hook and format.';
COMMENT ON COLUMN publishing.posts.schedule_template_id IS 'The schedule template that planned it.';
COMMENT ON COLUMN publishing.posts.analytics IS 'Totals over publications: totalLikes, totalComments, totalShares, totalImpressions, totalReach.';
COMMENT ON COLUMN publishing.posts.metadata IS 'Per-platform options under the platform''s name, e.g. reply control, topic tag, link, poll, location.';
COMMENT ON COLUMN publishing.posts.revision IS 'Raised by each content change.';
COMMENT ON COLUMN publishing.posts.approved_revision IS 'Revision a reviewer approved.';
COMMENT ON COLUMN publishing.posts.archived_at IS 'Hidden from the library since.';
COMMENT ON COLUMN publishing.posts.search_vector IS 'Full text search.';
COMMENT ON COLUMN publishing.posts.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.posts.updated_at IS 'When it was last changed.';
ALTER TABLE publishing.posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.posts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.posts
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_posts_user_id ON publishing.posts (author_user_id);
CREATE INDEX idx_posts_status ON publishing.posts (status);
CREATE INDEX idx_posts_scheduled_at ON publishing.posts (scheduled_at);
CREATE INDEX idx_posts_published_at ON publishing.posts (published_at);
CREATE INDEX idx_posts_content_type ON publishing.posts (content_type);
CREATE INDEX idx_posts_user_status ON publishing.posts (author_user_id, status);
CREATE INDEX idx_posts_scheduled_status ON publishing.posts (status, scheduled_at);
CREATE INDEX idx_posts_hashtags_gin ON publishing.posts USING gin (hashtags);
CREATE INDEX idx_posts_mentions_gin ON publishing.posts USING gin (mentions);
CREATE INDEX idx_posts_scheduled_active ON publishing.posts (scheduled_at) WHERE status = 'scheduled';
CREATE INDEX idx_posts_parent_post_id ON publishing.posts (organization_id, parent_post_id) WHERE parent_post_id is not null;
CREATE INDEX idx_posts_parent_status_scheduled ON publishing.posts (parent_post_id, status, scheduled_at);
CREATE INDEX idx_posts_org_status_scheduled ON publishing.posts (organization_id, status, scheduled_at);
CREATE INDEX idx_posts_org_created ON publishing.posts (organization_id, created_at DESC, id DESC);
CREATE INDEX idx_posts_org_editorial ON publishing.posts (organization_id, editorial_state, created_at DESC);
CREATE INDEX idx_posts_platform ON publishing.posts (platform, published_at);
CREATE INDEX idx_posts_pillar ON publishing.posts (organization_id, pillar_id) WHERE pillar_id is not null;
CREATE INDEX idx_posts_series ON publishing.posts (series_id, sequence_no) WHERE series_id is not null;
CREATE UNIQUE INDEX idx_posts_slug ON publishing.posts (organization_id, slug) WHERE slug is not null;
CREATE INDEX idx_posts_search_gin ON publishing.posts USING gin (search_vector);
CREATE INDEX idx_posts_content_trgm ON publishing.posts USING gin (content extensions.gin_trgm_ops);

CREATE TABLE publishing.post_revisions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    revision integer NOT NULL,
    snapshot jsonb NOT NULL,
    source publishing.change_source NOT NULL DEFAULT 'human',
    editor_user_id uuid,
    note text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT post_revisions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT post_revisions_revision_key UNIQUE (organization_id, post_id, revision),
    CONSTRAINT post_revisions_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT post_revisions_editor_fkey FOREIGN KEY (editor_user_id) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.post_revisions IS 'A saved version of a post.';
COMMENT ON COLUMN publishing.post_revisions.id IS 'Its id.';
COMMENT ON COLUMN publishing.post_revisions.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.post_revisions.post_id IS 'The post.';
COMMENT ON COLUMN publishing.post_revisions.revision IS 'Which version, from 1.';
COMMENT ON COLUMN publishing.post_revisions.snapshot IS 'Title, content, hook, cta, hashtags, mentions, media list.';
COMMENT ON COLUMN publishing.post_revisions.source IS 'Who or what changed it.';
COMMENT ON COLUMN publishing.post_revisions.editor_user_id IS 'Who changed it; NULL after the user is erased.';
COMMENT ON COLUMN publishing.post_revisions.note IS 'Submission note.';
COMMENT ON COLUMN publishing.post_revisions.created_at IS 'When the row was made.';
ALTER TABLE publishing.post_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.post_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.post_revisions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_post_revisions_post ON publishing.post_revisions (organization_id, post_id, revision DESC);

CREATE TABLE publishing.post_publications (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    social_account_id uuid NOT NULL,
    platform accounts.platform NOT NULL,
    status publishing.publication_status NOT NULL DEFAULT 'draft',
    content_override jsonb,
    occurrence integer NOT NULL DEFAULT 0,
    idempotency_key text NOT NULL,
    scheduled_for timestamptz,
    next_attempt_at timestamptz,
    attempt_count integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 3,
    retry_count integer GENERATED ALWAYS AS (greatest(attempt_count - 1, 0)) STORED,
    last_attempt_at timestamptz,
    last_retry_at timestamptz,
    lease_owner text,
    lease_expires_at timestamptz,
    needs_reconciliation boolean NOT NULL DEFAULT false,
    cancel_requested_at timestamptz,
    platform_post_id varchar(255),
    platform_post_url varchar(2048),
    published_at timestamptz,
    failed_at timestamptz,
    error_class publishing.error_class,
    error_code text,
    error_message text,
    removed_at timestamptz,
    likes_count bigint,
    comments_count bigint,
    shares_count bigint,
    impressions_count bigint,
    reach_count bigint,
    analytics jsonb NOT NULL DEFAULT '{}',
    last_synced_at timestamptz,
    next_sync_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT post_publications_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT post_publications_idempotency_key UNIQUE (organization_id, idempotency_key),
    CONSTRAINT post_publications_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT post_publications_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT post_publications_account_fkey FOREIGN KEY (organization_id, social_account_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE NO ACTION,
    CONSTRAINT post_publications_scheduled_has_time CHECK (status <> 'scheduled' OR scheduled_for IS NOT NULL),
    CONSTRAINT post_publications_published_has_id CHECK (status <> 'published' OR platform_post_id IS NOT NULL),
    CONSTRAINT post_publications_publishing_has_lease CHECK (status <> 'publishing' OR lease_expires_at IS NOT NULL OR needs_reconciliation),
    CONSTRAINT post_publications_attempts_check CHECK (attempt_count >= 0 AND max_attempts >= 1)
);
COMMENT ON TABLE publishing.post_publications IS 'A post on one account.';
COMMENT ON COLUMN publishing.post_publications.id IS 'Its id.';
COMMENT ON COLUMN publishing.post_publications.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.post_publications.post_id IS 'The post.';
COMMENT ON COLUMN publishing.post_publications.social_account_id IS 'The account.';
COMMENT ON COLUMN publishing.post_publications.platform IS 'Copy of the account''s platform, for filtering.';
COMMENT ON COLUMN publishing.post_publications.status IS 'Its state.';
COMMENT ON COLUMN publishing.post_publications.content_override IS 'Per-account text, title, hashtags, first comment; NULL = use the post.';
COMMENT ON COLUMN publishing.post_publications.occurrence IS '0 = normal; 1, 2 … = deliberate re-publication.';
COMMENT ON COLUMN publishing.post_publications.idempotency_key IS 'pub:post:account:occurrence, the same for every attempt (PUB-29).';
COMMENT ON COLUMN publishing.post_publications.scheduled_for IS 'When it shall go out.';
COMMENT ON COLUMN publishing.post_publications.next_attempt_at IS 'When it may be tried next.';
COMMENT ON COLUMN publishing.post_publications.attempt_count IS 'Tries so far, first included.';
COMMENT ON COLUMN publishing.post_publications.max_attempts IS 'Tries allowed; a person who retries raises it.';
COMMENT ON COLUMN publishing.post_publications.retry_count IS 'Retries so far.';
COMMENT ON COLUMN publishing.post_publications.last_attempt_at IS 'Start of the newest try.';
COMMENT ON COLUMN publishing.post_publications.last_retry_at IS 'Start of the newest try after the first.';
COMMENT ON COLUMN publishing.post_publications.lease_owner IS 'Worker holding it.';
COMMENT ON COLUMN publishing.post_publications.lease_expires_at IS 'Until when the worker holds it, without heartbeat.';
COMMENT ON COLUMN publishing.post_publications.needs_reconciliation IS 'The platform''s answer is unknown (PUB-32).';
COMMENT ON COLUMN publishing.post_publications.cancel_requested_at IS 'A person wants it stopped; the worker obeys before sending.';
COMMENT ON COLUMN publishing.post_publications.platform_post_id IS 'Id at the platform.';
COMMENT ON COLUMN publishing.post_publications.platform_post_url IS 'Public address.';
COMMENT ON COLUMN publishing.post_publications.published_at IS 'When the network confirmed it.';
COMMENT ON COLUMN publishing.post_publications.failed_at IS 'When it was given up.';
COMMENT ON COLUMN publishing.post_publications.error_class IS 'Class of the newest failure; decides about retries.';
COMMENT ON COLUMN publishing.post_publications.error_code IS 'Platform or internal code.';
COMMENT ON COLUMN publishing.post_publications.error_message IS 'The newest failure in words, without secrets.';
COMMENT ON COLUMN publishing.post_publications.removed_at IS 'Found deleted at the platform.';
COMMENT ON COLUMN publishing.post_publications.likes_count IS 'Newest known value; NULL is not reported.';
COMMENT ON COLUMN publishing.post_publications.comments_count IS 'Newest known value; NULL is not reported.';
COMMENT ON COLUMN publishing.post_publications.shares_count IS 'Newest known value; NULL is not reported.';
COMMENT ON COLUMN publishing.post_publications.impressions_count IS 'Newest known value; NULL is not reported.';
COMMENT ON COLUMN publishing.post_publications.reach_count IS 'Newest known value; NULL is not reported.';
COMMENT ON COLUMN publishing.post_publications.analytics IS 'Newest platform-specific metrics.';
COMMENT ON COLUMN publishing.post_publications.last_synced_at IS 'Newest metrics collection.';
COMMENT ON COLUMN publishing.post_publications.next_sync_at IS 'When metrics are due again; NULL = never again.';
COMMENT ON COLUMN publishing.post_publications.metadata IS 'Facts the connector wants back.';
COMMENT ON COLUMN publishing.post_publications.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.post_publications.updated_at IS 'When it was last changed.';
ALTER TABLE publishing.post_publications ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.post_publications FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.post_publications
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_post_publications_post_id ON publishing.post_publications (post_id);
CREATE INDEX idx_post_publications_social_account_id ON publishing.post_publications (social_account_id);
CREATE INDEX idx_post_publications_platform ON publishing.post_publications (platform);
CREATE INDEX idx_post_publications_status ON publishing.post_publications (status);
CREATE INDEX idx_post_publications_post_status ON publishing.post_publications (post_id, status);
CREATE INDEX idx_post_publications_published_at ON publishing.post_publications (published_at);
CREATE INDEX idx_post_publications_post_platform ON publishing.post_publications (post_id, platform);
CREATE UNIQUE INDEX idx_post_publications_post_account ON publishing.post_publications (organization_id, post_id, social_account_id, occurrence);
CREATE UNIQUE INDEX idx_post_publications_remote ON publishing.post_publications (organization_id, social_account_id, platform_post_id) WHERE platform_post_id is not null;
CREATE INDEX idx_post_publications_due ON publishing.post_publications (next_attempt_at, id) WHERE status in ('scheduled','retrying');
CREATE INDEX idx_post_publications_lease ON publishing.post_publications (lease_expires_at) WHERE status = 'publishing';
CREATE INDEX idx_post_publications_org_time ON publishing.post_publications (organization_id, scheduled_for);
CREATE INDEX idx_post_publications_account_published ON publishing.post_publications (social_account_id, published_at DESC) WHERE published_at is not null;
CREATE INDEX idx_post_publications_sync ON publishing.post_publications (next_sync_at, id) WHERE status = 'published' and removed_at is null and next_sync_at is not null;
CREATE UNIQUE INDEX idx_post_publications_inflight ON publishing.post_publications (organization_id, social_account_id) WHERE status = 'publishing' and not needs_reconciliation;

CREATE TABLE publishing.publication_attempts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    publication_id uuid NOT NULL,
    attempt_no integer NOT NULL,
    phase publishing.attempt_phase NOT NULL DEFAULT 'claimed',
    worker text NOT NULL,
    post_revision integer NOT NULL,
    request_digest bytea,
    remote_handles jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    finished_at timestamptz,
    http_status integer,
    error_class publishing.error_class,
    error_code text,
    error_message text,
    retry_after_seconds integer,
    response jsonb,
    CONSTRAINT publication_attempts_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT publication_attempts_no_key UNIQUE (organization_id, publication_id, attempt_no),
    CONSTRAINT publication_attempts_publication_fkey FOREIGN KEY (organization_id, publication_id) REFERENCES publishing.post_publications (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT publication_attempts_response_check CHECK (pg_column_size(response) <= 16384)
);
COMMENT ON TABLE publishing.publication_attempts IS 'One try to deliver a publication.';
COMMENT ON COLUMN publishing.publication_attempts.id IS 'Its id.';
COMMENT ON COLUMN publishing.publication_attempts.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.publication_attempts.publication_id IS 'The publication.';
COMMENT ON COLUMN publishing.publication_attempts.attempt_no IS 'Which try, from 1.';
COMMENT ON COLUMN publishing.publication_attempts.phase IS 'How far it got; decides what recovery may do.';
COMMENT ON COLUMN publishing.publication_attempts.worker IS 'Host, process, start time.';
COMMENT ON COLUMN publishing.publication_attempts.post_revision IS 'Revision that was sent.';
COMMENT ON COLUMN publishing.publication_attempts.request_digest IS 'SHA-256 of the normalised text and media digests, used for look-up.';
COMMENT ON COLUMN publishing.publication_attempts.remote_handles IS 'Upload ids, container ids made before the final call.';
COMMENT ON COLUMN publishing.publication_attempts.started_at IS 'When the worker claimed it.';
COMMENT ON COLUMN publishing.publication_attempts.sent_at IS 'The moment before the irreversible call.';
COMMENT ON COLUMN publishing.publication_attempts.finished_at IS 'When its outcome was recorded.';
COMMENT ON COLUMN publishing.publication_attempts.http_status IS 'Status of the deciding answer.';
COMMENT ON COLUMN publishing.publication_attempts.error_class IS 'Class of the failure.';
COMMENT ON COLUMN publishing.publication_attempts.error_code IS 'Platform or internal code.';
COMMENT ON COLUMN publishing.publication_attempts.error_message IS 'The failure in words, without secrets.';
COMMENT ON COLUMN publishing.publication_attempts.retry_after_seconds IS 'What the platform asked for.';
COMMENT ON COLUMN publishing.publication_attempts.response IS 'Redacted, at most 16 KiB.';
ALTER TABLE publishing.publication_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.publication_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.publication_attempts
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_attempts_publication ON publishing.publication_attempts (organization_id, publication_id, attempt_no DESC);
CREATE INDEX idx_attempts_class ON publishing.publication_attempts (error_class, started_at) WHERE error_class is not null;

-- Planner and vacuum settings of PUB-59 and PUB-60.
-- Under row-level security only leakproof comparisons (uuid, text, integer, timestamptz) can be index conditions: enum, jsonb and
-- tsvector operators are not. What a run-time role asks often has an index that begins with the organization and
-- carries the status in its predicate; S2's own indexes above serve the owner and bulk work.
CREATE INDEX idx_posts_org_author_upcoming ON publishing.posts (organization_id, author_user_id, scheduled_at, id) WHERE status = 'scheduled';
CREATE INDEX idx_post_publications_org_due ON publishing.post_publications (organization_id, next_attempt_at, id) WHERE status in ('scheduled','retrying');
CREATE INDEX idx_post_publications_org_sync ON publishing.post_publications (organization_id, next_sync_at, id) WHERE status = 'published' and removed_at is null and next_sync_at is not null;
CREATE INDEX idx_post_publications_org_published ON publishing.post_publications (organization_id, published_at) WHERE published_at is not null;
CREATE INDEX idx_post_publications_org_in_delivery ON publishing.post_publications (organization_id, lease_expires_at) WHERE status = 'publishing';

ALTER TABLE publishing.posts SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE publishing.post_publications SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE publishing.posts ALTER COLUMN scheduled_at SET STATISTICS 1000;
ALTER TABLE publishing.post_publications ALTER COLUMN published_at SET STATISTICS 1000;
ALTER TABLE publishing.post_publications ALTER COLUMN next_attempt_at SET STATISTICS 1000;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA publishing TO rookery_api, rookery_worker;
