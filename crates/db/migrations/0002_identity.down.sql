-- People and organizations go; everything that references them is gone already.
DROP TABLE identity.api_key_directory;
DROP TABLE identity.api_keys;
DROP TABLE identity.invitation_directory;
DROP TABLE identity.invitations;
DROP TABLE identity.member_directory;
DROP TABLE identity.memberships;
DROP TABLE identity.organization_directory;
DROP TABLE identity.organizations;
DROP TABLE identity.email_tokens;
DROP TABLE identity.refresh_tokens;
DROP TABLE identity.sessions;
DROP TABLE identity.user_identities;
DROP TABLE identity.users;
DROP TYPE identity.email_token_purpose;
DROP TYPE identity.token_status;
DROP TYPE identity.member_role;
DROP TYPE identity.user_role;
