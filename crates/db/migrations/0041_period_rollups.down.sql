ALTER TABLE analytics.top_content DROP CONSTRAINT top_content_items_check;
ALTER TABLE analytics.top_content DROP COLUMN integration_ids;
ALTER TABLE analytics.top_content DROP COLUMN published_on;
DROP TABLE analytics.period_hours;
DROP TABLE analytics.period_rollups;
