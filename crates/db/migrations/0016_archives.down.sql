-- Restored tables are copies and go; the archives' files stay.
DROP SCHEMA restored CASCADE;
GRANT INSERT, UPDATE, DELETE ON governance.archives TO rookery_api;
COMMENT ON COLUMN governance.archives.manifest IS 'Columns with their types, schema version, hash over the rows.';
ALTER TABLE governance.archives DROP CONSTRAINT archives_superseded_keeps_rows_check;
ALTER TABLE governance.archives DROP CONSTRAINT archives_part_check;
ALTER TABLE governance.archives DROP CONSTRAINT archives_source_table_range_start_range_end_part_key;
-- The key of before knows no parts: superseded archives and those of late rows leave the list, their files stay.
-- Without FORCE the owner sees the rows of every organization.
ALTER TABLE governance.archives NO FORCE ROW LEVEL SECURITY;
DELETE FROM governance.archives WHERE part > 1 OR superseded_at IS NOT NULL;
ALTER TABLE governance.archives FORCE ROW LEVEL SECURITY;
ALTER TABLE governance.archives ADD CONSTRAINT archives_source_table_range_start_range_end_key UNIQUE (organization_id, source_table, range_start, range_end);
ALTER TABLE governance.archives DROP COLUMN superseded_at;
ALTER TABLE governance.archives DROP COLUMN part;
