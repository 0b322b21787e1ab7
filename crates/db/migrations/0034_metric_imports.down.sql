DROP INDEX analytics.idx_content_permalink;
DROP TABLE analytics.metric_import_rows;
DROP TABLE analytics.metric_imports;
