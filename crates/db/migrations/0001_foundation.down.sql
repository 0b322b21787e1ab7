-- Everything below is gone already when this runs.
DROP FUNCTION identity.set_organization(uuid);
DROP SCHEMA governance;
DROP SCHEMA jobs;
DROP SCHEMA analytics;
DROP SCHEMA publishing;
DROP SCHEMA accounts;
DROP SCHEMA identity;
