-- Archives are made. Rows that come late into a range already archived get a part of their own; an archive whose rows
-- changed before they were deleted is superseded by another. The requests of people only read the list.
ALTER TABLE governance.archives ADD COLUMN part integer NOT NULL DEFAULT 1;
ALTER TABLE governance.archives ADD COLUMN superseded_at timestamptz;
ALTER TABLE governance.archives DROP CONSTRAINT archives_source_table_range_start_range_end_key;
ALTER TABLE governance.archives ADD CONSTRAINT archives_source_table_range_start_range_end_part_key UNIQUE (organization_id, source_table, range_start, range_end, part);
ALTER TABLE governance.archives ADD CONSTRAINT archives_part_check CHECK (part >= 1);
ALTER TABLE governance.archives ADD CONSTRAINT archives_superseded_keeps_rows_check CHECK (superseded_at IS NULL OR dropped_at IS NULL);
COMMENT ON COLUMN governance.archives.part IS '1, 2, 3 … within the same range.';
COMMENT ON COLUMN governance.archives.superseded_at IS 'When its rows were found changed, or its file damaged, before they were deleted; a later archive holds them.';
COMMENT ON COLUMN governance.archives.manifest IS 'Columns with their types, schema version, digest over the rows; the same as in the file beside the archive.';
REVOKE INSERT, UPDATE, DELETE ON governance.archives FROM rookery_api;

CREATE SCHEMA restored;
COMMENT ON SCHEMA restored IS 'Copies of archived rows that were brought back for reading; may be dropped.';
GRANT USAGE ON SCHEMA restored TO rookery_api, rookery_worker;
