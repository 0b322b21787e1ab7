DROP TRIGGER clocks_changed ON identity.organizations;
DROP FUNCTION analytics.clocks_changed();
CREATE OR REPLACE FUNCTION analytics.forget_numbers() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM analytics.content_daily_metrics d
     USING gone g
     WHERE d.organization_id = g.organization_id AND d.content_key = g.content_key;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics.forget_numbers() IS 'Deletes the numbers of deleted content.';
DROP VIEW analytics.content_changes;
DROP TABLE analytics.rollup_marks;
DROP TYPE analytics.rollup_mark_kind;
DROP TABLE analytics.top_content;
DROP TABLE analytics.content_totals;
DROP TABLE analytics.monthly_rollups;
DROP INDEX analytics.idx_daily_rollups_org_date;
CREATE INDEX idx_daily_rollups_org_date ON analytics.daily_rollups (organization_id, date);

-- Without FORCE the owner sees the rows of every organization.
ALTER TABLE analytics.daily_rollups NO FORCE ROW LEVEL SECURITY;
DELETE FROM analytics.daily_rollups WHERE scope_type::text = 'tag';
ALTER TABLE analytics.daily_rollups FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.daily_rollups DROP CONSTRAINT daily_rollups_pkey;
ALTER TYPE analytics.rollup_scope RENAME TO rollup_scope_with_tag;
CREATE TYPE analytics.rollup_scope AS ENUM ('org', 'group', 'integration');
ALTER TABLE analytics.daily_rollups ALTER COLUMN scope_type TYPE analytics.rollup_scope USING scope_type::text::analytics.rollup_scope;
DROP TYPE analytics.rollup_scope_with_tag;
ALTER TABLE analytics.daily_rollups
    ADD CONSTRAINT daily_rollups_pkey PRIMARY KEY (organization_id, scope_type, scope_id, format, date);
COMMENT ON COLUMN analytics.daily_rollups.scope_id IS 'The organization, the group or the account.';
