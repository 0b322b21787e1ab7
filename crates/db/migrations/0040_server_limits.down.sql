ALTER TABLE accounts.social_accounts DROP CONSTRAINT social_accounts_server_limits_check;
ALTER TABLE accounts.social_accounts DROP COLUMN server_media_limit;
ALTER TABLE accounts.social_accounts DROP COLUMN server_url_weight;
ALTER TABLE accounts.social_accounts DROP COLUMN server_text_limit;
