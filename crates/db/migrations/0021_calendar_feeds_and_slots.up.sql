-- The calendar in other programs, by a secret address, and the times of the week at which an account posts.
CREATE TABLE publishing.calendar_feeds (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    filter jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT calendar_feeds_user_id_key UNIQUE (organization_id, user_id),
    CONSTRAINT calendar_feeds_token_hash_key UNIQUE (organization_id, token_hash),
    CONSTRAINT calendar_feeds_token_hash_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT calendar_feeds_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT calendar_feeds_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.calendar_feeds IS 'A secret address at which a person''s other programs read the calendar.';
COMMENT ON COLUMN publishing.calendar_feeds.id IS 'Its id.';
COMMENT ON COLUMN publishing.calendar_feeds.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.calendar_feeds.user_id IS 'Whose it is; it ends with their membership.';
COMMENT ON COLUMN publishing.calendar_feeds.token_hash IS 'SHA-256 of the token in the address; the token is shown once.';
COMMENT ON COLUMN publishing.calendar_feeds.filter IS 'What it shows: account, network, status, label; empty = all.';
COMMENT ON COLUMN publishing.calendar_feeds.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.calendar_feeds.updated_at IS 'When the row last changed: when the address was renewed.';
ALTER TABLE publishing.calendar_feeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.calendar_feeds FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.calendar_feeds
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_calendar_feeds_user ON publishing.calendar_feeds (user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.calendar_feeds TO rookery_api, rookery_worker;

CREATE TABLE publishing.calendar_feed_directory (
    token_hash bytea CONSTRAINT calendar_feed_directory_pkey PRIMARY KEY,
    organization_id uuid NOT NULL,
    feed_id uuid NOT NULL
);
COMMENT ON TABLE publishing.calendar_feed_directory IS 'Which organization the token of a calendar feed belongs to.';
COMMENT ON COLUMN publishing.calendar_feed_directory.token_hash IS 'SHA-256 of the token in the address.';
COMMENT ON COLUMN publishing.calendar_feed_directory.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.calendar_feed_directory.feed_id IS 'The feed.';
GRANT SELECT, INSERT, DELETE ON publishing.calendar_feed_directory TO rookery_api, rookery_worker;

CREATE TABLE publishing.posting_slots (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    social_account_id uuid NOT NULL,
    weekday smallint NOT NULL,
    minute_of_day smallint NOT NULL,
    is_paused boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posting_slots_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT posting_slots_time_key UNIQUE (organization_id, social_account_id, weekday, minute_of_day),
    CONSTRAINT posting_slots_weekday_check CHECK (weekday BETWEEN 0 AND 6),
    CONSTRAINT posting_slots_minute_of_day_check CHECK (minute_of_day BETWEEN 0 AND 1439),
    CONSTRAINT posting_slots_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT posting_slots_account_fkey FOREIGN KEY (organization_id, social_account_id) REFERENCES accounts.social_accounts (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE publishing.posting_slots IS 'A time of the week at which an account posts; the queue fills these first.';
COMMENT ON COLUMN publishing.posting_slots.id IS 'Its id.';
COMMENT ON COLUMN publishing.posting_slots.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.posting_slots.social_account_id IS 'The account.';
COMMENT ON COLUMN publishing.posting_slots.weekday IS 'Day of the week; 0 = Sunday.';
COMMENT ON COLUMN publishing.posting_slots.minute_of_day IS 'Minutes after midnight, by the clock of the organization''s zone.';
COMMENT ON COLUMN publishing.posting_slots.is_paused IS 'The queue leaves it out until it is resumed.';
COMMENT ON COLUMN publishing.posting_slots.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.posting_slots.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.posting_slots ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.posting_slots FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.posting_slots
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.posting_slots TO rookery_api, rookery_worker;
