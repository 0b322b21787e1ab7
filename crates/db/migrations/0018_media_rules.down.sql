COMMENT ON COLUMN accounts.platform_rules.media_rules IS 'Limits of media.';
UPDATE accounts.platform_rules SET media_rules = '{}' WHERE NOT overridden;
