-- Claims of renewals are audited like any column again.
CREATE OR REPLACE FUNCTION governance.unaudited_columns() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog
RETURN ARRAY['updated_at', 'search_vector', 'last_login_at', 'last_used_at', 'last_synced_at', 'last_posted_at', 'last_error_at',
    'last_error_code', 'last_error_message', 'consecutive_failures', 'health'];
