-- The rule book follows what the networks' documents say (looked up 2026-11-21). A row that an administrator changed
-- stays as it is.
ALTER TABLE accounts.platform_rules ADD COLUMN bytes_limit integer;
COMMENT ON COLUMN accounts.platform_rules.bytes_limit IS 'Bytes of the longest main text in UTF-8, where the network bounds these too.';
ALTER TABLE accounts.platform_rules DROP CONSTRAINT platform_rules_count_method_check;
ALTER TABLE accounts.platform_rules ADD CONSTRAINT platform_rules_count_method_check
    CHECK (count_method IN ('codepoints', 'utf16', 'weighted', 'graphemes', 'emoji_bytes', 'bytes'));

-- Threads counts an emoji by its bytes; YouTube bounds a description by bytes; Bluesky bounds characters and bytes.
UPDATE accounts.platform_rules SET count_method = 'emoji_bytes' WHERE platform = 'threads' AND NOT overridden;
UPDATE accounts.platform_rules SET count_method = 'bytes' WHERE platform = 'youtube' AND NOT overridden;
UPDATE accounts.platform_rules SET bytes_limit = 3000 WHERE platform = 'bluesky' AND NOT overridden;
-- Instagram takes 100 posts in 24 hours by its API; older texts said 25.
UPDATE accounts.platform_rules SET daily_limit = 100 WHERE platform = 'instagram' AND NOT overridden;
-- TikTok: 2,200 beside a video; pictures have a title of 90 and a text of 4,000.
UPDATE accounts.platform_rules
SET text_limit = 2200, title_limit = 90,
    media_rules = jsonb_set(media_rules, '{uses}', (
        SELECT jsonb_agg(CASE WHEN u.value ->> 'kind' = 'image' THEN u.value || '{"max_text": 4000}' ELSE u.value END ORDER BY u.place)
        FROM jsonb_array_elements(media_rules -> 'uses') WITH ORDINALITY AS u (value, place)))
WHERE platform = 'tiktok' AND NOT overridden;

-- A renewal of a token is claimed before the network is asked: a second caller waits for the first one's answer
-- instead of using a refresh token twice. Failed renewals are tried again later and later.
ALTER TABLE accounts.social_accounts ADD COLUMN renewal_claimed_until timestamptz;
ALTER TABLE accounts.social_accounts ADD COLUMN renewal_retry_at timestamptz;
COMMENT ON COLUMN accounts.social_accounts.renewal_claimed_until IS 'Somebody asks the network for a new token until then.';
COMMENT ON COLUMN accounts.social_accounts.renewal_retry_at IS 'No renewal is tried before this moment; set after a failed one.';
