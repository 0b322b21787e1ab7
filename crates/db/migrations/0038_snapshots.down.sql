DROP VIEW analytics.publication_changes;

-- Without FORCE the owner sees the rows of every organization.
ALTER TABLE analytics.ingest_runs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.ingest_errors NO FORCE ROW LEVEL SECURITY;
DELETE FROM analytics.ingest_runs WHERE kind::text = 'snapshots';
ALTER TABLE analytics.ingest_errors FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics.ingest_runs FORCE ROW LEVEL SECURITY;
ALTER TYPE analytics.ingest_kind RENAME TO ingest_kind_with_snapshots;
CREATE TYPE analytics.ingest_kind AS ENUM ('content', 'metrics', 'account', 'tagging', 'rollup');
ALTER TABLE analytics.ingest_runs ALTER COLUMN kind TYPE analytics.ingest_kind USING kind::text::analytics.ingest_kind;
DROP TYPE analytics.ingest_kind_with_snapshots;
