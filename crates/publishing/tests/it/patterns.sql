-- 300 organizations, 300,000 posts, 360,000 publications, 3,000 accounts, around 2026-03-02 09:00 UTC. The first
-- organization has 6,000 of the posts, every other one about 1,000. Written without triggers and with the indexes
-- made afterwards, which is how a dump is restored.
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';

CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

CREATE TEMP TABLE made_later AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
WHERE i.indrelid IN ('publishing.posts'::regclass, 'publishing.post_publications'::regclass)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid);
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT m.name FROM made_later m LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;

INSERT INTO identity.users (id, name, email)
SELECT pg_temp.id(1, n), 'Person ' || n, 'person' || n || '@example.test' FROM generate_series(1, 600) n;

INSERT INTO identity.organizations (organization_id, owner_user_id, name, slug, review_required)
SELECT pg_temp.id(2, n), pg_temp.id(1, n), 'Organization ' || n, 'organization-' || n, false
FROM generate_series(1, 300) n;

-- Ten accounts each, one per network; of three, two are active. Tokens end within three weeks.
INSERT INTO accounts.social_accounts
    (organization_id, id, platform, platform_user_id, username, status, access_token_enc, refresh_token_enc,
     token_expires_at, created_at)
SELECT pg_temp.id(2, o), pg_temp.id(3, o * 10 + a), (enum_range(NULL::accounts.platform))[a + 1], 'remote' || a,
       'name' || a, CASE a % 3 WHEN 2 THEN 'error' ELSE 'active' END::accounts.account_status, '\x00', '\x00',
       '2026-03-02 09:00+00'::timestamptz + ((o * 7 + a * 50) % 500) * interval '1 hour',
       '2026-01-01 00:00+00'::timestamptz + a * interval '1 day'
FROM generate_series(1, 300) o, generate_series(0, 9) a;

-- Every 20th post of an organization is planned (some of those are late), the next one is a draft, the others are
-- out, one every three hours. Every hundredth has the tag "launch" and the word "heron", every other one "daily".
INSERT INTO publishing.posts
    (organization_id, id, author_user_id, title, content, hashtags, status, outcome, editorial_state, scheduled_at,
     published_at, created_at, updated_at)
SELECT pg_temp.id(2, o), pg_temp.id(4, n), pg_temp.id(1, o + 300 * (nth / 20 % 2)), 'Note ' || n,
       'About ' || (ARRAY['bread', 'tea', 'rain', 'boats', 'maps', 'birds', 'trains'])[1 + n % 7]
           || CASE WHEN nth % 100 = 7 THEN ' and a heron' ELSE '' END,
       CASE WHEN nth % 100 = 7 THEN '["launch", "news"]' WHEN nth % 2 = 0 THEN '["daily"]' ELSE '[]' END::jsonb,
       CASE nth % 20 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'draft' ELSE 'published' END::publishing.post_status,
       CASE WHEN nth % 20 > 1 THEN 'complete' ELSE 'none' END::publishing.post_outcome, 'not_required',
       CASE nth % 20 WHEN 0 THEN '2026-02-20 00:00+00'::timestamptz + nth * interval '3 hours' WHEN 1 THEN NULL ELSE at END,
       CASE WHEN nth % 20 > 1 THEN at END, at - interval '1 day', at
FROM (SELECT n, o, nth, '2026-03-02 09:00+00'::timestamptz - nth * interval '3 hours' AS at
      FROM (SELECT n, CASE WHEN n % 50 = 0 THEN 1 ELSE 2 + n % 299 END AS o,
                   CASE WHEN n % 50 = 0 THEN n / 50 ELSE n / 299 END AS nth
            FROM generate_series(0, 299999) n) numbered) p;

-- One publication each, and a second one for every fifth post.
INSERT INTO publishing.post_publications
    (organization_id, id, post_id, social_account_id, platform, status, idempotency_key, scheduled_for,
     next_attempt_at, platform_post_id, published_at, next_sync_at, created_at, updated_at)
SELECT p.organization_id, pg_temp.id(5 + copy, p.n), p.id, pg_temp.id(3, p.o * 10 + (p.n + copy) % 10),
       (enum_range(NULL::accounts.platform))[(p.n + copy) % 10 + 1],
       p.status::text::publishing.publication_status, p.n || '/' || copy, p.scheduled_at,
       CASE WHEN p.status = 'scheduled' THEN p.scheduled_at END, CASE WHEN p.status = 'published' THEN p.id::text END,
       p.published_at, CASE WHEN p.published_at > '2026-02-01' THEN p.published_at + interval '14 days' END,
       p.created_at, p.created_at
FROM (SELECT *, substr(title, 6)::integer AS n, ('x' || right(organization_id::text, 12))::bit(48)::bigint::integer AS o
      FROM publishing.posts) p
     JOIN generate_series(0, 1) copy ON copy = 0 OR p.n % 5 = 0;

DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT m.definition FROM made_later m LOOP EXECUTE definition; END LOOP;
END $$;
-- What the planner needs to know about; vectors and texts would take the most time and decide nothing.
ANALYZE publishing.posts (id, organization_id, author_user_id, status, hashtags, scheduled_at, archived_at, created_at),
    publishing.post_publications (id, organization_id, post_id, social_account_id, status, needs_reconciliation,
        scheduled_for, next_attempt_at, lease_expires_at, published_at, removed_at, next_sync_at),
    accounts.social_accounts, identity.organizations;
