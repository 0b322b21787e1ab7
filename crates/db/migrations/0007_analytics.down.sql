-- Numbers and contents go.
DELETE FROM governance.partitioned_tables WHERE schema_name = 'analytics';
DROP TABLE analytics.ingest_errors;
DROP TABLE analytics.ingest_runs;
DROP TABLE analytics.account_daily_metrics;
DROP TABLE analytics.daily_metrics;
DROP TABLE analytics.content;
DROP TABLE analytics.tracked_integrations;
DROP TYPE analytics.tracking_health;
DROP TYPE analytics.ingest_error_type;
DROP TYPE analytics.ingest_status;
DROP TYPE analytics.ingest_trigger;
DROP TYPE analytics.ingest_kind;
DROP TYPE analytics.metric_basis;
DROP TYPE analytics.content_format;
