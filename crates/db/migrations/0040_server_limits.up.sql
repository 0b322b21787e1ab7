-- Networks of many servers: what an account's own server allows, which may be more or less than its network usually does.
ALTER TABLE accounts.social_accounts ADD COLUMN server_text_limit integer;
ALTER TABLE accounts.social_accounts ADD COLUMN server_url_weight integer;
ALTER TABLE accounts.social_accounts ADD COLUMN server_media_limit integer;
ALTER TABLE accounts.social_accounts ADD CONSTRAINT social_accounts_server_limits_check
    CHECK (num_nulls(server_text_limit, server_url_weight, server_media_limit) IN (0, 3)
           AND server_text_limit > 0 AND server_url_weight >= 0 AND server_media_limit >= 0);
COMMENT ON COLUMN accounts.social_accounts.server_text_limit IS 'Longest text on the account''s own server; NULL where its network has one rule for all, or the server has not told.';
COMMENT ON COLUMN accounts.social_accounts.server_url_weight IS 'What an address in the text counts there.';
COMMENT ON COLUMN accounts.social_accounts.server_media_limit IS 'Most media of one post there.';
