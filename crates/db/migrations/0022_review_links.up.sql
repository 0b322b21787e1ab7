-- What was approved is what goes out: an approval keeps a digest over everything that is published, and people outside
-- decide through links that work once. The whole installation has a switch that stops publishing.
ALTER TABLE publishing.posts ADD COLUMN approved_hash bytea;
ALTER TABLE publishing.posts ADD CONSTRAINT posts_approved_hash_check CHECK (octet_length(approved_hash) = 32);
COMMENT ON COLUMN publishing.posts.approved_hash IS 'Digest (publishing.content_hash) of what was approved; nothing else may go out where reviews are required.';

-- One definition for the application and for the guards. Labels are for finding a post and go out nowhere; files count
-- by their bytes, their order and the words for people who cannot see them.
CREATE FUNCTION publishing.content_hash(organization uuid, post uuid) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT sha256(convert_to(jsonb_build_object(
        'content', p.content, 'title', p.title, 'contentType', p.content_type, 'format', p.format,
        'metadata', p.metadata - 'labels', 'expiresAt', extract(epoch FROM p.expires_at),
        'accounts', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(u.social_account_id, u.occurrence, u.content_override)
                                      ORDER BY u.social_account_id, u.occurrence), '[]')
            FROM publishing.post_publications u WHERE u.organization_id = organization AND u.post_id = post),
        'media', (
            SELECT coalesce(jsonb_agg(jsonb_build_array(m.type, coalesce(encode(a.sha256, 'hex'), m.provider_key, m.url),
                                                        m.alt_text) ORDER BY m.position, m.id), '[]')
            FROM publishing.media m
                 LEFT JOIN publishing.media_assets a ON a.organization_id = organization AND a.id = m.asset_id
            WHERE m.organization_id = organization AND m.post_id = post)
        )::text, 'UTF8'))
    FROM publishing.posts p WHERE p.organization_id = organization AND p.id = post
$$;
COMMENT ON FUNCTION publishing.content_hash(uuid, uuid) IS 'Digest over everything of a post that goes out: text, title, format, link, further parts, options, accounts with their own words, files.';

-- A part of a thread or a comment stands in its post's approved revision, word for word, on one of its accounts.
CREATE FUNCTION publishing.is_approved(organization uuid, post uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT r.editorial_state = 'approved' AND r.approved_revision = r.revision
       AND r.approved_hash = publishing.content_hash(organization, r.id)
       AND (p.parent_post_id IS NULL OR (
            p.content = r.metadata -> 'followUps' -> (p.sequence_no - 1) ->> 'text'
            AND p.title IS NULL AND r.metadata @> p.metadata
            AND NOT EXISTS (SELECT FROM publishing.media m WHERE m.organization_id = organization AND m.post_id = post)
            AND NOT EXISTS (
                SELECT FROM publishing.post_publications u
                WHERE u.organization_id = organization AND u.post_id = post AND (u.content_override IS NOT NULL OR NOT EXISTS (
                    SELECT FROM publishing.post_publications w
                    WHERE w.organization_id = organization AND w.post_id = r.id
                      AND w.social_account_id = u.social_account_id)))))
    FROM publishing.posts p
         JOIN publishing.posts r ON r.organization_id = organization AND r.id = coalesce(p.parent_post_id, p.id)
    WHERE p.organization_id = organization AND p.id = post
$$;
COMMENT ON FUNCTION publishing.is_approved(uuid, uuid) IS 'Whether a post, or the post that it is a part of, is approved exactly as it stands.';

CREATE TABLE publishing.review_links (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    post_id uuid NOT NULL,
    revision integer NOT NULL,
    content_hash bytea NOT NULL,
    token_hash bytea NOT NULL,
    recipient varchar(200) NOT NULL,
    created_by uuid,
    expires_at timestamptz NOT NULL,
    opened_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT review_links_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT review_links_token_hash_key UNIQUE (organization_id, token_hash),
    CONSTRAINT review_links_hashes_check CHECK (octet_length(content_hash) = 32 AND octet_length(token_hash) = 32),
    CONSTRAINT review_links_used_or_revoked_check CHECK (used_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT review_links_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT review_links_post_fkey FOREIGN KEY (organization_id, post_id) REFERENCES publishing.posts (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT review_links_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity.users (id) ON DELETE SET NULL
);
COMMENT ON TABLE publishing.review_links IS 'A link through which somebody without an account judges one revision of a post, once.';
COMMENT ON COLUMN publishing.review_links.id IS 'Its id.';
COMMENT ON COLUMN publishing.review_links.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.review_links.post_id IS 'The post.';
COMMENT ON COLUMN publishing.review_links.revision IS 'The revision that it shows.';
COMMENT ON COLUMN publishing.review_links.content_hash IS 'Digest of what it shows (publishing.content_hash).';
COMMENT ON COLUMN publishing.review_links.token_hash IS 'SHA-256 of the token in the address; the token is shown once.';
COMMENT ON COLUMN publishing.review_links.recipient IS 'For whom, as the sender calls them.';
COMMENT ON COLUMN publishing.review_links.created_by IS 'Who made it; NULL for a program, or after erasure.';
COMMENT ON COLUMN publishing.review_links.expires_at IS 'When it stops working.';
COMMENT ON COLUMN publishing.review_links.opened_at IS 'When it was first opened.';
COMMENT ON COLUMN publishing.review_links.used_at IS 'When somebody decided through it.';
COMMENT ON COLUMN publishing.review_links.revoked_at IS 'When it was taken back.';
COMMENT ON COLUMN publishing.review_links.created_at IS 'When the row was made.';
COMMENT ON COLUMN publishing.review_links.updated_at IS 'When the row last changed.';
ALTER TABLE publishing.review_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE publishing.review_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON publishing.review_links
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_review_links_post ON publishing.review_links (organization_id, post_id, created_at DESC);
CREATE INDEX idx_review_links_created_by ON publishing.review_links (created_by);
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.review_links TO rookery_api, rookery_worker;

CREATE TABLE publishing.review_link_directory (
    token_hash bytea CONSTRAINT review_link_directory_pkey PRIMARY KEY,
    organization_id uuid NOT NULL,
    link_id uuid NOT NULL
);
COMMENT ON TABLE publishing.review_link_directory IS 'Which organization the token of a review link belongs to.';
COMMENT ON COLUMN publishing.review_link_directory.token_hash IS 'SHA-256 of the token in the address.';
COMMENT ON COLUMN publishing.review_link_directory.organization_id IS 'The organization.';
COMMENT ON COLUMN publishing.review_link_directory.link_id IS 'The link.';
GRANT SELECT, INSERT, DELETE ON publishing.review_link_directory TO rookery_api, rookery_worker;

ALTER TABLE publishing.review_decisions ADD COLUMN link_id uuid;
ALTER TABLE publishing.review_decisions ADD COLUMN reviewer_name varchar(200);
ALTER TABLE publishing.review_decisions ADD COLUMN revision integer;
ALTER TABLE publishing.review_decisions ADD CONSTRAINT review_decisions_link_fkey FOREIGN KEY (organization_id, link_id)
    REFERENCES publishing.review_links (organization_id, id) ON DELETE CASCADE;
CREATE INDEX idx_review_decisions_link ON publishing.review_decisions (organization_id, link_id) WHERE link_id IS NOT NULL;
COMMENT ON COLUMN publishing.review_decisions.link_id IS 'The link through which somebody without an account decided.';
COMMENT ON COLUMN publishing.review_decisions.reviewer_name IS 'The name that a person without an account gave.';
COMMENT ON COLUMN publishing.review_decisions.revision IS 'The revision that was judged.';
COMMENT ON COLUMN publishing.review_decisions.reviewer_id IS 'The person; NULL = the automatic check, or somebody with a link.';

CREATE TABLE publishing.instance_switches (
    name text CONSTRAINT instance_switches_pkey PRIMARY KEY,
    since timestamptz NOT NULL,
    set_by uuid,
    reason text,
    CONSTRAINT instance_switches_name_check CHECK (name IN ('publishing_paused')),
    CONSTRAINT instance_switches_reason_check CHECK (length(reason) <= 500)
);
COMMENT ON TABLE publishing.instance_switches IS 'What is switched on for the whole installation; an absent row is off.';
COMMENT ON COLUMN publishing.instance_switches.name IS 'publishing_paused: nothing leaves, of no organization.';
COMMENT ON COLUMN publishing.instance_switches.since IS 'Since when.';
COMMENT ON COLUMN publishing.instance_switches.set_by IS 'The person; NULL for the command line. No reference: the switch outlives people.';
COMMENT ON COLUMN publishing.instance_switches.reason IS 'Why, shown to everybody.';
GRANT SELECT, INSERT, UPDATE, DELETE ON publishing.instance_switches TO rookery_api, rookery_worker;
