ALTER TABLE accounts.social_accounts DROP COLUMN renewal_retry_at;
ALTER TABLE accounts.social_accounts DROP COLUMN renewal_claimed_until;
UPDATE accounts.platform_rules
SET text_limit = 4000, title_limit = NULL,
    media_rules = jsonb_set(media_rules, '{uses}', (
        SELECT jsonb_agg(u.value - 'max_text' ORDER BY u.place)
        FROM jsonb_array_elements(media_rules -> 'uses') WITH ORDINALITY AS u (value, place)))
WHERE platform = 'tiktok' AND NOT overridden;
UPDATE accounts.platform_rules SET daily_limit = 25 WHERE platform = 'instagram' AND NOT overridden;
UPDATE accounts.platform_rules SET count_method = 'codepoints' WHERE count_method IN ('emoji_bytes', 'bytes');
ALTER TABLE accounts.platform_rules DROP CONSTRAINT platform_rules_count_method_check;
ALTER TABLE accounts.platform_rules ADD CONSTRAINT platform_rules_count_method_check
    CHECK (count_method IN ('codepoints', 'utf16', 'weighted', 'graphemes'));
ALTER TABLE accounts.platform_rules DROP COLUMN bytes_limit;
