-- The schemas, one per context, and the one door to a tenant's rows. Roles and the extension
-- schema exist already: they belong to the server, not to the database's migrations.
CREATE SCHEMA identity;
CREATE SCHEMA accounts;
CREATE SCHEMA publishing;
CREATE SCHEMA analytics;
CREATE SCHEMA jobs;
CREATE SCHEMA governance;
COMMENT ON SCHEMA identity IS 'People, organizations, memberships, sessions, API keys.';
COMMENT ON SCHEMA accounts IS 'Connected social accounts: tokens, health, platform rules.';
COMMENT ON SCHEMA publishing IS 'Posts, publications, attempts.';
COMMENT ON SCHEMA analytics IS 'Content, daily metrics, ingestion.';
COMMENT ON SCHEMA jobs IS 'The durable queue and the timetable.';
COMMENT ON SCHEMA governance IS 'Audit log, idempotent requests, partitions.';

GRANT USAGE ON SCHEMA identity, accounts, publishing, analytics, jobs, governance TO rookery_api, rookery_worker;

-- SET LOCAL, not set_config: a plain set_config does not travel to the workers of a distributed PostgreSQL.
CREATE FUNCTION identity.set_organization(organization uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    EXECUTE format('SET LOCAL app.organization_id = %L', organization);
END
$$;
COMMENT ON FUNCTION identity.set_organization(uuid) IS 'Lets the transaction see the rows of one organization.';
GRANT EXECUTE ON FUNCTION identity.set_organization(uuid) TO rookery_api, rookery_worker;
