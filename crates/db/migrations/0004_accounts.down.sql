-- Accounts and their tokens go.
DROP TABLE accounts.platform_rules;
DROP TABLE accounts.token_keys;
DROP TABLE accounts.account_events;
DROP TABLE accounts.oauth_states;
DROP TABLE accounts.social_accounts;
DROP TYPE accounts.account_health;
DROP TYPE accounts.account_status;
DROP TYPE accounts.platform;
