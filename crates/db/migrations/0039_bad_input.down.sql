ALTER TABLE analytics.metric_imports DROP COLUMN last_line;
DROP TABLE analytics.tag_changes;
ALTER TABLE analytics.ingest_runs DROP COLUMN oddities;
