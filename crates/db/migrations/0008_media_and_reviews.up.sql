-- Media, reviews and scheduling aids. Publications stay the only place where a planned time stands:
-- the calendar reads them, it has no copy.
CREATE TYPE publishing.media_type AS ENUM ('image', 'video', 'gif', 'document', 'audio');
CREATE TYPE publishing.asset_purpose AS ENUM ('logo', 'screenshot', 'video', 'document', 'image', 'avatar', 'banner', 'case_study');
CREATE TYPE publishing.asset_status AS ENUM ('active', 'deleted', 'expired');
CREATE TYPE publishing.processing_state AS ENUM ('pending', 'processing', 'completed', 'failed');
CREATE TYPE publishing.review_status AS ENUM ('pending', 'in_review', 'approved', 'rejected', 'needs_changes', 'withdrawn');
CREATE TYPE publishing.review_action AS ENUM ('approve', 'reject', 'request_changes', 'comment');
CREATE TYPE publishing.priority_level AS ENUM ('low', 'normal', 'high', 'urgent');
CREATE TYPE publishing.schedule_type AS ENUM ('recurring', 'bulk', 'optimal_time', 'manual');
CREATE TYPE publishing.event_type AS ENUM ('post_scheduled', 'post_published', 'content_deadline', 'campaign_start', 'campaign_end', 'review_due', 'meeting', 'custom');
CREATE TYPE publishing.event_status AS ENUM ('active', 'cancelled', 'completed', 'postponed');

CREATE TABLE publishing.media_assets (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    uploaded_by uuid,
    type publishing.media_type NOT NULL,
    purpose publishing.asset_purpose,
    filename varchar(500) NOT NULL,
    original_name varchar(500) NOT NULL,
    mime_type varchar(100) NOT NULL,
    file_size bigint NOT NULL,
    sha256 bytea,
    width integer,
    height integer,
    duration integer,
    provider varchar(255) NOT NULL DEFAULT 'local',
    bucket varchar(255) NOT NULL DEFAULT '',
    provider_key varchar(500) NOT NULL,
    url varchar(2083),
    url_expires_at timestamptz,
    thumbnail_url varchar(2083),
    title varchar(255),
    description text,
    alt_text varchar(1000),
    tags text[] NOT NULL DEFAULT '{}',
    extracted_text text,
    rights jsonb NOT NULL DEFAULT '{}',
    status publishing.asset_status NOT NULL DEFAULT 'active',
    processing_state publishing.processing_state NOT NULL DEFAULT 'pending',
    download_count integer NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT media_assets_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT media_assets_provider_bucket_provider_key_key UNIQUE (organization_id, provider, bucket, provider_key),
    CONSTRAINT media_assets_file_size_check CHECK (file_size >= 0),
    CONSTRAINT media_assets_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT media_assets_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.media_assets IS 'Files of the organization: what was uploaded, made or bought.';
COMMENT ON COLUMN publishing.media_assets.id IS 'Its id.';
COMMENT ON COLUMN publishing.media_assets.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.media_assets.uploaded_by IS 'The person who uploaded it; NULL after erasure.';
COMMENT ON COLUMN publishing.media_assets.type IS 'Kind of file.';
COMMENT ON COLUMN publishing.media_assets.purpose IS 'What it is meant for.';
COMMENT ON COLUMN publishing.media_assets.filename IS 'Stored name.';
COMMENT ON COLUMN publishing.media_assets.original_name IS 'Name on upload.';
COMMENT ON COLUMN publishing.media_assets.mime_type IS 'Detected from content, not from the name.';
COMMENT ON COLUMN publishing.media_assets.file_size IS 'Bytes.';
COMMENT ON COLUMN publishing.media_assets.sha256 IS 'SHA-256 of the content; the same file is stored once.';
COMMENT ON COLUMN publishing.media_assets.width IS 'Pixels.';
COMMENT ON COLUMN publishing.media_assets.height IS 'Pixels.';
COMMENT ON COLUMN publishing.media_assets.duration IS 'Seconds.';
COMMENT ON COLUMN publishing.media_assets.provider IS 'local, s3 or another storage that speaks its protocol.';
COMMENT ON COLUMN publishing.media_assets.bucket IS 'Container at the storage provider.';
COMMENT ON COLUMN publishing.media_assets.provider_key IS 'Key at the storage provider.';
COMMENT ON COLUMN publishing.media_assets.url IS 'Address others can fetch.';
COMMENT ON COLUMN publishing.media_assets.url_expires_at IS 'When a signed address ends.';
COMMENT ON COLUMN publishing.media_assets.thumbnail_url IS 'Address of a small picture of it.';
COMMENT ON COLUMN publishing.media_assets.title IS 'Name for people.';
COMMENT ON COLUMN publishing.media_assets.description IS 'In words.';
COMMENT ON COLUMN publishing.media_assets.alt_text IS 'Default for posts.';
COMMENT ON COLUMN publishing.media_assets.tags IS 'Words to find it by.';
COMMENT ON COLUMN publishing.media_assets.extracted_text IS 'Text of uploaded documents, feeds the AI.';
COMMENT ON COLUMN publishing.media_assets.rights IS 'Source, licence and restrictions.';
COMMENT ON COLUMN publishing.media_assets.status IS 'Whether it can be used.';
COMMENT ON COLUMN publishing.media_assets.processing_state IS 'How far scaling and reading got.';
COMMENT ON COLUMN publishing.media_assets.download_count IS 'Downloads so far.';
COMMENT ON COLUMN publishing.media_assets.last_used_at IS 'When a post used it last.';
COMMENT ON COLUMN publishing.media_assets.deleted_at IS 'Marked as deleted; the object goes after 30 days if no post uses it.';
COMMENT ON COLUMN publishing.media_assets.metadata IS 'Further data of the source, as an object.';
COMMENT ON COLUMN publishing.media_assets.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.media_assets.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.media_assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.media_assets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.media_assets
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_uploaded_media_user_id ON publishing.media_assets (uploaded_by);
CREATE INDEX idx_uploaded_media_type ON publishing.media_assets (type);
CREATE INDEX idx_uploaded_media_status ON publishing.media_assets (status);
CREATE INDEX idx_assets_org_type ON publishing.media_assets (organization_id, type, created_at DESC);
CREATE INDEX idx_assets_tags_gin ON publishing.media_assets USING gin (tags);
CREATE INDEX idx_assets_sha256 ON publishing.media_assets (organization_id, sha256);

CREATE TABLE publishing.media (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    asset_id uuid,
    type publishing.media_type NOT NULL,
    url varchar(2083) NOT NULL,
    thumbnail_url varchar(2083),
    mime_type varchar(100) NOT NULL,
    file_size bigint,
    width integer,
    height integer,
    duration integer,
    alt_text varchar(1000),
    title varchar(255),
    description text,
    position integer NOT NULL DEFAULT 0,
    metadata jsonb NOT NULL DEFAULT '{}',
    provider varchar(255),
    provider_key varchar(500),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT media_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT media_post_id_position_key UNIQUE (organization_id, post_id, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT media_file_size_check CHECK (file_size >= 0 and position >= 0),
    CONSTRAINT media_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT media_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT media_asset_fkey FOREIGN KEY (organization_id, asset_id) REFERENCES publishing.media_assets (organization_id, id)
);
COMMENT ON TABLE publishing.media IS 'A file as a post uses it, in its order.';
COMMENT ON COLUMN publishing.media.id IS 'Its id.';
COMMENT ON COLUMN publishing.media.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.media.post_id IS 'The post.';
COMMENT ON COLUMN publishing.media.asset_id IS 'Library file; NULL for an outside address.';
COMMENT ON COLUMN publishing.media.type IS 'Kind of file.';
COMMENT ON COLUMN publishing.media.url IS 'Address the network can fetch.';
COMMENT ON COLUMN publishing.media.thumbnail_url IS 'Address of a small picture of it.';
COMMENT ON COLUMN publishing.media.mime_type IS 'Media type, by content.';
COMMENT ON COLUMN publishing.media.file_size IS 'Bytes.';
COMMENT ON COLUMN publishing.media.width IS 'Pixels.';
COMMENT ON COLUMN publishing.media.height IS 'Pixels.';
COMMENT ON COLUMN publishing.media.duration IS 'Seconds.';
COMMENT ON COLUMN publishing.media.alt_text IS 'What is to be seen, for those who cannot see it; networks take up to 1,000 characters.';
COMMENT ON COLUMN publishing.media.title IS 'Title, where a network shows one.';
COMMENT ON COLUMN publishing.media.description IS 'Description, where a network shows one.';
COMMENT ON COLUMN publishing.media.position IS 'Display order.';
COMMENT ON COLUMN publishing.media.metadata IS 'Further data of the source, as an object.';
COMMENT ON COLUMN publishing.media.provider IS 'Storage provider.';
COMMENT ON COLUMN publishing.media.provider_key IS 'Key there.';
COMMENT ON COLUMN publishing.media.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.media.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.media ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.media FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.media
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_media_post_id ON publishing.media (post_id);
CREATE INDEX idx_media_type ON publishing.media (type);
CREATE INDEX idx_media_mimetype ON publishing.media (mime_type);
CREATE INDEX idx_media_post_order ON publishing.media (post_id, position);
CREATE INDEX idx_media_asset ON publishing.media (organization_id, asset_id) WHERE asset_id is not null;

CREATE TABLE publishing.reviews (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    revision integer NOT NULL,
    status publishing.review_status NOT NULL DEFAULT 'pending',
    priority publishing.priority_level NOT NULL DEFAULT 'normal',
    step smallint NOT NULL DEFAULT 0,
    submitted_by uuid,
    assigned_to uuid,
    due_at timestamptz,
    reason text,
    automated_flags jsonb NOT NULL DEFAULT '{}',
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reviews_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT reviews_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT reviews_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT reviews_submitted_by_fkey FOREIGN KEY (submitted_by) REFERENCES identity.users (id) ON DELETE SET NULL,
    CONSTRAINT reviews_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.reviews IS 'A revision of a post that waits for a judgement.';
COMMENT ON COLUMN publishing.reviews.id IS 'Its id.';
COMMENT ON COLUMN publishing.reviews.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.reviews.post_id IS 'The post.';
COMMENT ON COLUMN publishing.reviews.revision IS 'The revision that is judged.';
COMMENT ON COLUMN publishing.reviews.status IS 'How far the review is.';
COMMENT ON COLUMN publishing.reviews.priority IS 'How urgent.';
COMMENT ON COLUMN publishing.reviews.step IS 'Index in the workflow: 0 automatic check, 1 content review, 2 final approval.';
COMMENT ON COLUMN publishing.reviews.submitted_by IS 'Who asked for it.';
COMMENT ON COLUMN publishing.reviews.assigned_to IS 'Who is to judge.';
COMMENT ON COLUMN publishing.reviews.due_at IS 'When to remind, by default after 24 hours.';
COMMENT ON COLUMN publishing.reviews.reason IS 'Why it was sent or flagged.';
COMMENT ON COLUMN publishing.reviews.automated_flags IS 'Result of the automatic check.';
COMMENT ON COLUMN publishing.reviews.decided_at IS 'When it ended.';
COMMENT ON COLUMN publishing.reviews.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.reviews.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.reviews ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.reviews FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.reviews
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_reviews_queue ON publishing.reviews (organization_id, status, priority DESC, created_at);
CREATE UNIQUE INDEX idx_reviews_open_post ON publishing.reviews (organization_id, post_id) WHERE status in ('pending','in_review','needs_changes');

CREATE TABLE publishing.review_decisions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    review_id uuid NOT NULL,
    reviewer_id uuid,
    step smallint NOT NULL,
    action publishing.review_action NOT NULL,
    comment text,
    suggested_changes jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT review_decisions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT review_decisions_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT review_decisions_review_fkey FOREIGN KEY (organization_id, review_id) REFERENCES publishing.reviews (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT review_decisions_reviewer_fkey FOREIGN KEY (reviewer_id) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.review_decisions IS 'What a reviewer, or the automatic check, decided.';
COMMENT ON COLUMN publishing.review_decisions.id IS 'Its id.';
COMMENT ON COLUMN publishing.review_decisions.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.review_decisions.review_id IS 'The review.';
COMMENT ON COLUMN publishing.review_decisions.reviewer_id IS 'The person; NULL = the automatic check.';
COMMENT ON COLUMN publishing.review_decisions.step IS 'Step of the workflow.';
COMMENT ON COLUMN publishing.review_decisions.action IS 'What was decided.';
COMMENT ON COLUMN publishing.review_decisions.comment IS 'Why, in words.';
COMMENT ON COLUMN publishing.review_decisions.suggested_changes IS 'Field, suggestion, reason, priority.';
COMMENT ON COLUMN publishing.review_decisions.created_at IS 'When the row was made.';
ALTER TABLE publishing.review_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.review_decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.review_decisions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_review_decisions_review ON publishing.review_decisions (organization_id, review_id, created_at);

CREATE TABLE publishing.schedule_templates (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    is_active boolean NOT NULL DEFAULT true,
    platforms accounts.platform[] NOT NULL DEFAULT '{}',
    schedule_type publishing.schedule_type NOT NULL DEFAULT 'manual',
    timezone text NOT NULL DEFAULT 'UTC',
    recurring_config jsonb,
    optimal_time_config jsonb,
    bulk_config jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schedule_templates_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT schedule_templates_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.schedule_templates IS 'Patterns of times: weekly slots, bulk, recurring.';
COMMENT ON COLUMN publishing.schedule_templates.id IS 'Its id.';
COMMENT ON COLUMN publishing.schedule_templates.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.schedule_templates.name IS 'Name.';
COMMENT ON COLUMN publishing.schedule_templates.description IS 'In words.';
COMMENT ON COLUMN publishing.schedule_templates.is_active IS 'Whether it makes times.';
COMMENT ON COLUMN publishing.schedule_templates.platforms IS 'Networks it is for; empty = all.';
COMMENT ON COLUMN publishing.schedule_templates.schedule_type IS 'Which of the three configurations holds.';
COMMENT ON COLUMN publishing.schedule_templates.timezone IS 'IANA zone of its times.';
COMMENT ON COLUMN publishing.schedule_templates.recurring_config IS 'Frequency daily/weekly/monthly, interval, days of week (0 = Sunday), time slots, end date; without an end date 6 months ahead.';
COMMENT ON COLUMN publishing.schedule_templates.optimal_time_config IS 'Analysis window, audience zone, metrics.';
COMMENT ON COLUMN publishing.schedule_templates.bulk_config IS 'Time slots, distribution even/weighted/optimal, spacing in minutes.';
COMMENT ON COLUMN publishing.schedule_templates.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.schedule_templates.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.schedule_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.schedule_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.schedule_templates
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE publishing.calendar_entries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    title text NOT NULL,
    description text,
    event_type publishing.event_type NOT NULL DEFAULT 'custom',
    status publishing.event_status NOT NULL DEFAULT 'active',
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    timezone text NOT NULL DEFAULT 'UTC',
    is_all_day boolean NOT NULL DEFAULT false,
    recurrence_rule text,
    parent_entry_id uuid,
    post_id uuid,
    publication_id uuid,
    tags text[] NOT NULL DEFAULT '{}',
    color varchar(7),
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT calendar_entries_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT calendar_entries_starts_at_check CHECK (ends_at is null or ends_at >= starts_at),
    CONSTRAINT calendar_entries_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT calendar_entries_parent_entry_fkey FOREIGN KEY (organization_id, parent_entry_id) REFERENCES publishing.calendar_entries (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT calendar_entries_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id),
    CONSTRAINT calendar_entries_publication_fkey FOREIGN KEY (organization_id, publication_id) REFERENCES publishing.post_publications (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.calendar_entries IS 'What stands in the calendar and is no publication: deadlines, campaigns, meetings.';
COMMENT ON COLUMN publishing.calendar_entries.id IS 'Its id.';
COMMENT ON COLUMN publishing.calendar_entries.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.calendar_entries.title IS 'What it is.';
COMMENT ON COLUMN publishing.calendar_entries.description IS 'In words.';
COMMENT ON COLUMN publishing.calendar_entries.event_type IS 'Kind of entry.';
COMMENT ON COLUMN publishing.calendar_entries.status IS 'Whether it still holds.';
COMMENT ON COLUMN publishing.calendar_entries.starts_at IS 'Begin.';
COMMENT ON COLUMN publishing.calendar_entries.ends_at IS 'End; NULL = a moment.';
COMMENT ON COLUMN publishing.calendar_entries.timezone IS 'IANA zone in which it was entered.';
COMMENT ON COLUMN publishing.calendar_entries.is_all_day IS 'Has no time of day.';
COMMENT ON COLUMN publishing.calendar_entries.recurrence_rule IS 'RFC 5545 rule; NULL = single.';
COMMENT ON COLUMN publishing.calendar_entries.parent_entry_id IS 'Changed instance of a repeating entry.';
COMMENT ON COLUMN publishing.calendar_entries.post_id IS 'Related post.';
COMMENT ON COLUMN publishing.calendar_entries.publication_id IS 'Related publication.';
COMMENT ON COLUMN publishing.calendar_entries.tags IS 'Words to filter by.';
COMMENT ON COLUMN publishing.calendar_entries.color IS '#RRGGBB.';
COMMENT ON COLUMN publishing.calendar_entries.metadata IS 'Further data of the source, as an object.';
COMMENT ON COLUMN publishing.calendar_entries.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.calendar_entries.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.calendar_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.calendar_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.calendar_entries
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_calendar_entries_time ON publishing.calendar_entries (organization_id, starts_at);
CREATE INDEX idx_calendar_entries_tags_gin ON publishing.calendar_entries USING gin (tags);

CREATE TABLE publishing.optimal_posting_times (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    platform accounts.platform NOT NULL,
    day_of_week smallint NOT NULL,
    hour smallint NOT NULL,
    timezone text NOT NULL,
    score numeric(5,4) NOT NULL DEFAULT 0,
    avg_engagement double precision NOT NULL DEFAULT 0,
    avg_reach double precision NOT NULL DEFAULT 0,
    avg_clicks double precision NOT NULL DEFAULT 0,
    sample_size integer NOT NULL DEFAULT 0,
    confidence numeric(4,3) NOT NULL DEFAULT 0,
    audience_activity jsonb,
    competitor_data jsonb,
    last_analyzed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT optimal_posting_times_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT optimal_posting_times_platform_day_of_week_hour_ti_key UNIQUE (organization_id, platform, day_of_week, hour, timezone),
    CONSTRAINT optimal_posting_times_day_of_week_check CHECK (day_of_week between 0 and 6 and hour between 0 and 23),
    CONSTRAINT optimal_posting_times_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.optimal_posting_times IS 'How well each hour of the week worked, per network.';
COMMENT ON COLUMN publishing.optimal_posting_times.id IS 'Its id.';
COMMENT ON COLUMN publishing.optimal_posting_times.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.optimal_posting_times.platform IS 'The network.';
COMMENT ON COLUMN publishing.optimal_posting_times.day_of_week IS '0 = Sunday.';
COMMENT ON COLUMN publishing.optimal_posting_times.hour IS '0 to 23 in that zone.';
COMMENT ON COLUMN publishing.optimal_posting_times.timezone IS 'IANA zone of the hour.';
COMMENT ON COLUMN publishing.optimal_posting_times.score IS 'How good, 0 to 1.';
COMMENT ON COLUMN publishing.optimal_posting_times.avg_engagement IS 'Mean engagement of the posts of that hour.';
COMMENT ON COLUMN publishing.optimal_posting_times.avg_reach IS 'Mean reach of the posts of that hour.';
COMMENT ON COLUMN publishing.optimal_posting_times.avg_clicks IS 'Mean clicks of the posts of that hour.';
COMMENT ON COLUMN publishing.optimal_posting_times.sample_size IS 'Posts it stands on.';
COMMENT ON COLUMN publishing.optimal_posting_times.confidence IS 'How sure, 0 to 1.';
COMMENT ON COLUMN publishing.optimal_posting_times.audience_activity IS 'When the audience is there, where the network tells.';
COMMENT ON COLUMN publishing.optimal_posting_times.competitor_data IS 'When others post, where it is known.';
COMMENT ON COLUMN publishing.optimal_posting_times.last_analyzed_at IS 'When it was computed.';
COMMENT ON COLUMN publishing.optimal_posting_times.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.optimal_posting_times.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.optimal_posting_times ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.optimal_posting_times FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.optimal_posting_times
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_optimal_times_score ON publishing.optimal_posting_times (organization_id, platform, score DESC);

ALTER TABLE publishing.posts ADD CONSTRAINT posts_schedule_template_fkey FOREIGN KEY (organization_id, schedule_template_id) REFERENCES publishing.schedule_templates (organization_id, id);
CREATE INDEX idx_posts_schedule_template ON publishing.posts (organization_id, schedule_template_id) WHERE schedule_template_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.media_assets, publishing.media, publishing.reviews, publishing.review_decisions, publishing.schedule_templates, publishing.calendar_entries, publishing.optimal_posting_times TO rookery_api, rookery_worker;
