-- Who may act. People are known to the whole instance; what an organization owns is tenant data.
-- What has to be found before the organization is known (slug, membership, key digest) stands in
-- small directories of its own: no role may look around row-level security to find it.
CREATE TYPE identity.user_role AS ENUM ('admin', 'moderator', 'user', 'viewer');
CREATE TYPE identity.member_role AS ENUM ('owner', 'admin', 'editor', 'reviewer', 'viewer');
CREATE TYPE identity.token_status AS ENUM ('active', 'revoked', 'expired');
CREATE TYPE identity.email_token_purpose AS ENUM ('verify_email', 'reset_password', 'change_email');

CREATE TABLE identity.users (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT users_pkey PRIMARY KEY,
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL,
    password_hash varchar(255),
    role identity.user_role NOT NULL DEFAULT 'user',
    avatar_url varchar(2048),
    is_active boolean NOT NULL DEFAULT true,
    email_verified boolean NOT NULL DEFAULT false,
    email_verified_at timestamptz,
    last_login_at timestamptz,
    password_changed_at timestamptz,
    failed_login_count integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    preferences jsonb NOT NULL DEFAULT '{}',
    timezone text NOT NULL DEFAULT 'UTC',
    locale text NOT NULL DEFAULT 'en',
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_failed_login_count_check CHECK (failed_login_count >= 0)
);
COMMENT ON TABLE identity.users IS 'A person who may sign in.';
COMMENT ON COLUMN identity.users.id IS 'The person.';
COMMENT ON COLUMN identity.users.name IS 'Full name.';
COMMENT ON COLUMN identity.users.email IS 'Sign-in address, unique without regard to case.';
COMMENT ON COLUMN identity.users.password_hash IS 'Argon2id string; NULL for people who only sign in through a provider.';
COMMENT ON COLUMN identity.users.role IS 'Instance-wide role.';
COMMENT ON COLUMN identity.users.avatar_url IS 'Picture.';
COMMENT ON COLUMN identity.users.is_active IS 'False: may not sign in, sessions die at once.';
COMMENT ON COLUMN identity.users.email_verified IS 'Whether the address was proven.';
COMMENT ON COLUMN identity.users.email_verified_at IS 'When it was proven.';
COMMENT ON COLUMN identity.users.last_login_at IS 'Newest sign-in.';
COMMENT ON COLUMN identity.users.password_changed_at IS 'Sessions older than this are refused.';
COMMENT ON COLUMN identity.users.failed_login_count IS 'Failed sign-ins in a row.';
COMMENT ON COLUMN identity.users.locked_until IS 'No sign-in before this.';
COMMENT ON COLUMN identity.users.preferences IS 'Settings of the person.';
COMMENT ON COLUMN identity.users.timezone IS 'IANA zone for display.';
COMMENT ON COLUMN identity.users.locale IS 'Interface language.';
COMMENT ON COLUMN identity.users.deleted_at IS 'Erasure requested; the row is anonymised after 30 days.';
COMMENT ON COLUMN identity.users.created_at IS 'When the row was made.';
COMMENT ON COLUMN identity.users.updated_at IS 'When it was last changed.';

CREATE UNIQUE INDEX idx_users_email ON identity.users (lower(email));
CREATE INDEX idx_users_role ON identity.users (role);
CREATE INDEX idx_users_created_at ON identity.users (created_at);
CREATE INDEX idx_users_preferences_gin ON identity.users USING gin (preferences);
CREATE INDEX idx_users_unverified ON identity.users (created_at) WHERE NOT email_verified;

CREATE TABLE identity.user_identities (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT user_identities_pkey PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT user_identities_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    provider text NOT NULL,
    provider_account_id text NOT NULL,
    email_at_provider varchar(255),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_identities_subject_key UNIQUE (provider, provider_account_id)
);
COMMENT ON TABLE identity.user_identities IS 'A sign-in through an outside provider.';
COMMENT ON COLUMN identity.user_identities.id IS 'The link.';
COMMENT ON COLUMN identity.user_identities.user_id IS 'The person.';
COMMENT ON COLUMN identity.user_identities.provider IS 'google, github or a configured provider.';
COMMENT ON COLUMN identity.user_identities.provider_account_id IS 'Subject at the provider.';
COMMENT ON COLUMN identity.user_identities.email_at_provider IS 'For support questions.';
COMMENT ON COLUMN identity.user_identities.created_at IS 'When the row was made.';
COMMENT ON COLUMN identity.user_identities.updated_at IS 'When it was last changed.';

CREATE INDEX idx_user_identities_user_id ON identity.user_identities (user_id);

CREATE TABLE identity.sessions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT sessions_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT sessions_token_hash_key UNIQUE,
    organization_id uuid,
    status identity.token_status NOT NULL DEFAULT 'active',
    is_remember_me boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL,
    last_seen_at timestamptz,
    revoked_at timestamptz,
    revoked_ip inet,
    created_ip inet,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE identity.sessions IS 'A browser session; only the digest of its token is kept.';
COMMENT ON COLUMN identity.sessions.id IS 'The session.';
COMMENT ON COLUMN identity.sessions.user_id IS 'Whose.';
COMMENT ON COLUMN identity.sessions.token_hash IS 'SHA-256 of the random token.';
COMMENT ON COLUMN identity.sessions.organization_id IS 'The organization being looked at; no foreign key, a local table cannot reference a tenant table.';
COMMENT ON COLUMN identity.sessions.status IS 'Whether it may be used.';
COMMENT ON COLUMN identity.sessions.is_remember_me IS 'Long or short life.';
COMMENT ON COLUMN identity.sessions.expires_at IS 'End of its life.';
COMMENT ON COLUMN identity.sessions.last_seen_at IS 'Newest use, written at most once a minute.';
COMMENT ON COLUMN identity.sessions.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN identity.sessions.revoked_ip IS 'From where it was ended.';
COMMENT ON COLUMN identity.sessions.created_ip IS 'From where it was begun.';
COMMENT ON COLUMN identity.sessions.user_agent IS 'Shown in "my sessions".';
COMMENT ON COLUMN identity.sessions.created_at IS 'When the row was made.';
COMMENT ON COLUMN identity.sessions.updated_at IS 'When it was last changed.';

CREATE INDEX idx_sessions_user_id ON identity.sessions (user_id);
CREATE INDEX idx_sessions_expires_at ON identity.sessions (expires_at);

CREATE TABLE identity.refresh_tokens (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT refresh_tokens_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT refresh_tokens_token_hash_key UNIQUE,
    family_id uuid NOT NULL,
    replaced_by uuid CONSTRAINT refresh_tokens_replaced_by_fkey REFERENCES identity.refresh_tokens (id) ON DELETE SET NULL,
    status identity.token_status NOT NULL DEFAULT 'active',
    is_remember_me boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_ip inet,
    created_ip inet,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE identity.refresh_tokens IS 'Rotating tokens of API clients that sign in as a person.';
COMMENT ON COLUMN identity.refresh_tokens.id IS 'The token.';
COMMENT ON COLUMN identity.refresh_tokens.user_id IS 'Whose.';
COMMENT ON COLUMN identity.refresh_tokens.token_hash IS 'SHA-256 of the random token.';
COMMENT ON COLUMN identity.refresh_tokens.family_id IS 'All rotations of one sign-in.';
COMMENT ON COLUMN identity.refresh_tokens.replaced_by IS 'The successor after rotation.';
COMMENT ON COLUMN identity.refresh_tokens.status IS 'Whether it may be used.';
COMMENT ON COLUMN identity.refresh_tokens.is_remember_me IS 'Long or short life.';
COMMENT ON COLUMN identity.refresh_tokens.expires_at IS 'End of its life.';
COMMENT ON COLUMN identity.refresh_tokens.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN identity.refresh_tokens.revoked_ip IS 'From where it was ended.';
COMMENT ON COLUMN identity.refresh_tokens.created_ip IS 'From where it was begun.';
COMMENT ON COLUMN identity.refresh_tokens.user_agent IS 'Shown in "my sessions".';
COMMENT ON COLUMN identity.refresh_tokens.created_at IS 'When the row was made.';
COMMENT ON COLUMN identity.refresh_tokens.updated_at IS 'When it was last changed.';

CREATE INDEX idx_refresh_tokens_user_id ON identity.refresh_tokens (user_id);
CREATE INDEX idx_refresh_tokens_expires_at ON identity.refresh_tokens (expires_at);
CREATE INDEX idx_refresh_tokens_family ON identity.refresh_tokens (family_id);

CREATE TABLE identity.email_tokens (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT email_tokens_pkey PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT email_tokens_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    purpose identity.email_token_purpose NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT email_tokens_token_hash_key UNIQUE,
    new_email varchar(255),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE identity.email_tokens IS 'Single-use tokens sent by e-mail.';
COMMENT ON COLUMN identity.email_tokens.id IS 'The token.';
COMMENT ON COLUMN identity.email_tokens.user_id IS 'Whose.';
COMMENT ON COLUMN identity.email_tokens.purpose IS 'What it proves.';
COMMENT ON COLUMN identity.email_tokens.token_hash IS 'SHA-256 of the mailed token.';
COMMENT ON COLUMN identity.email_tokens.new_email IS 'Only for an address change.';
COMMENT ON COLUMN identity.email_tokens.expires_at IS 'End of its life.';
COMMENT ON COLUMN identity.email_tokens.used_at IS 'Single use.';
COMMENT ON COLUMN identity.email_tokens.created_at IS 'When the row was made.';

CREATE INDEX idx_email_tokens_user ON identity.email_tokens (user_id, purpose);

CREATE TABLE identity.organizations (
    organization_id uuid DEFAULT gen_random_uuid() CONSTRAINT organizations_pkey PRIMARY KEY,
    owner_user_id uuid NOT NULL CONSTRAINT organizations_owner_fkey REFERENCES identity.users (id) ON DELETE RESTRICT,
    name varchar(255) NOT NULL,
    slug varchar(63) NOT NULL,
    is_personal boolean NOT NULL DEFAULT false,
    timezone text NOT NULL DEFAULT 'UTC',
    review_required boolean NOT NULL DEFAULT true,
    settings jsonb NOT NULL DEFAULT '{}',
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organizations_slug_key UNIQUE (organization_id, slug),
    CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')
);
COMMENT ON TABLE identity.organizations IS 'A tenant: a team and everything it owns.';
COMMENT ON COLUMN identity.organizations.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.organizations.owner_user_id IS 'Billing subject and last resort for access.';
COMMENT ON COLUMN identity.organizations.name IS 'Name for people.';
COMMENT ON COLUMN identity.organizations.slug IS 'Used in addresses: lower-case letters, digits, hyphen.';
COMMENT ON COLUMN identity.organizations.is_personal IS 'Made automatically with the person.';
COMMENT ON COLUMN identity.organizations.timezone IS 'Default IANA zone for schedules, weeks and reports.';
COMMENT ON COLUMN identity.organizations.review_required IS 'Whether a post needs approval before it goes out.';
COMMENT ON COLUMN identity.organizations.settings IS 'Options.';
COMMENT ON COLUMN identity.organizations.deleted_at IS 'Deletion requested; purged after 30 days.';
COMMENT ON COLUMN identity.organizations.created_at IS 'When the row was made.';
COMMENT ON COLUMN identity.organizations.updated_at IS 'When it was last changed.';
ALTER TABLE identity.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.organizations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_organizations_owner ON identity.organizations (owner_user_id, name);
CREATE INDEX idx_organizations_name ON identity.organizations (name);

CREATE TABLE identity.organization_directory (
    organization_id uuid CONSTRAINT organization_directory_pkey PRIMARY KEY,
    slug varchar(63) NOT NULL CONSTRAINT organization_directory_slug_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE identity.organization_directory IS 'Which organizations exist; background work lists them here, because no role may see all tenants.';
COMMENT ON COLUMN identity.organization_directory.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.organization_directory.slug IS 'Unique over the whole instance.';
COMMENT ON COLUMN identity.organization_directory.created_at IS 'When the row was made.';

CREATE TABLE identity.memberships (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL CONSTRAINT memberships_organization_fkey REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    user_id uuid NOT NULL CONSTRAINT memberships_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    role identity.member_role NOT NULL DEFAULT 'editor',
    invited_by uuid CONSTRAINT memberships_invited_by_fkey REFERENCES identity.users (id) ON DELETE SET NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT memberships_user_key UNIQUE (organization_id, user_id)
);
COMMENT ON TABLE identity.memberships IS 'A person''s place in an organization.';
COMMENT ON COLUMN identity.memberships.id IS 'The membership.';
COMMENT ON COLUMN identity.memberships.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.memberships.user_id IS 'The person.';
COMMENT ON COLUMN identity.memberships.role IS 'Role inside this organization.';
COMMENT ON COLUMN identity.memberships.invited_by IS 'Who invited.';
COMMENT ON COLUMN identity.memberships.joined_at IS 'When they joined.';
COMMENT ON COLUMN identity.memberships.created_at IS 'When the row was made.';
COMMENT ON COLUMN identity.memberships.updated_at IS 'When it was last changed.';
ALTER TABLE identity.memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.memberships
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_memberships_user ON identity.memberships (user_id);

CREATE TABLE identity.member_directory (
    user_id uuid NOT NULL CONSTRAINT member_directory_user_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    CONSTRAINT member_directory_pkey PRIMARY KEY (user_id, organization_id)
);
COMMENT ON TABLE identity.member_directory IS 'Which organizations a person belongs to; the role is read under row-level security.';
COMMENT ON COLUMN identity.member_directory.user_id IS 'The person.';
COMMENT ON COLUMN identity.member_directory.organization_id IS 'The organization.';

CREATE TABLE identity.invitations (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL CONSTRAINT invitations_organization_fkey REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    email varchar(255) NOT NULL,
    role identity.member_role NOT NULL DEFAULT 'editor',
    token_hash bytea NOT NULL,
    invited_by uuid CONSTRAINT invitations_invited_by_fkey REFERENCES identity.users (id) ON DELETE SET NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT invitations_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT invitations_role_check CHECK (role <> 'owner')
);
COMMENT ON TABLE identity.invitations IS 'An invitation to join.';
COMMENT ON COLUMN identity.invitations.id IS 'The invitation.';
COMMENT ON COLUMN identity.invitations.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.invitations.email IS 'Invited address.';
COMMENT ON COLUMN identity.invitations.role IS 'The role on offer; never owner.';
COMMENT ON COLUMN identity.invitations.token_hash IS 'SHA-256 of the mailed token.';
COMMENT ON COLUMN identity.invitations.invited_by IS 'Who invited.';
COMMENT ON COLUMN identity.invitations.expires_at IS 'Seven days after creation.';
COMMENT ON COLUMN identity.invitations.accepted_at IS 'When it was accepted.';
COMMENT ON COLUMN identity.invitations.revoked_at IS 'When it was taken back.';
COMMENT ON COLUMN identity.invitations.created_at IS 'When the row was made.';
ALTER TABLE identity.invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.invitations
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE UNIQUE INDEX idx_invitations_open ON identity.invitations (organization_id, lower(email)) WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE TABLE identity.invitation_directory (
    token_hash bytea CONSTRAINT invitation_directory_pkey PRIMARY KEY,
    organization_id uuid NOT NULL,
    invitation_id uuid NOT NULL
);
COMMENT ON TABLE identity.invitation_directory IS 'Which organization an invitation token belongs to.';
COMMENT ON COLUMN identity.invitation_directory.token_hash IS 'SHA-256 of the mailed token.';
COMMENT ON COLUMN identity.invitation_directory.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.invitation_directory.invitation_id IS 'The invitation.';

CREATE TABLE identity.api_keys (
    id uuid DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL CONSTRAINT api_keys_organization_fkey REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    created_by uuid CONSTRAINT api_keys_created_by_fkey REFERENCES identity.users (id) ON DELETE SET NULL,
    name varchar(100) NOT NULL,
    prefix varchar(16) NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT api_keys_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT api_keys_key_hash_key UNIQUE (organization_id, key_hash)
);
COMMENT ON TABLE identity.api_keys IS 'A key for programs, of one organization.';
COMMENT ON COLUMN identity.api_keys.id IS 'The key.';
COMMENT ON COLUMN identity.api_keys.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.api_keys.created_by IS 'Who made it.';
COMMENT ON COLUMN identity.api_keys.name IS 'A label.';
COMMENT ON COLUMN identity.api_keys.prefix IS 'First characters, shown in lists.';
COMMENT ON COLUMN identity.api_keys.key_hash IS 'SHA-256 of the whole key; the key is shown once.';
COMMENT ON COLUMN identity.api_keys.scopes IS 'Rights, such as posts:read.';
COMMENT ON COLUMN identity.api_keys.last_used_at IS 'Newest use, written at most once a minute.';
COMMENT ON COLUMN identity.api_keys.expires_at IS 'End of its life.';
COMMENT ON COLUMN identity.api_keys.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN identity.api_keys.created_at IS 'When the row was made.';
ALTER TABLE identity.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity.api_keys
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_api_keys_org ON identity.api_keys (organization_id) WHERE revoked_at IS NULL;

CREATE TABLE identity.api_key_directory (
    key_hash bytea CONSTRAINT api_key_directory_pkey PRIMARY KEY,
    organization_id uuid NOT NULL,
    api_key_id uuid NOT NULL
);
COMMENT ON TABLE identity.api_key_directory IS 'Which organization an API key belongs to.';
COMMENT ON COLUMN identity.api_key_directory.key_hash IS 'SHA-256 of the whole key.';
COMMENT ON COLUMN identity.api_key_directory.organization_id IS 'The organization.';
COMMENT ON COLUMN identity.api_key_directory.api_key_id IS 'The key.';

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA identity TO rookery_api, rookery_worker;
