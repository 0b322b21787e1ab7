-- Groups, tags, snapshots and sums go; content and daily metrics stay.
DELETE FROM governance.partitioned_tables WHERE schema_name = 'analytics' AND table_name = 'publication_snapshots';
DROP TABLE analytics.account_snapshots;
DROP TABLE analytics.publication_snapshots;
DROP TABLE analytics.daily_rollups;
DROP TABLE analytics.content_tags;
DROP TABLE analytics.tags;
DROP TABLE analytics.page_group_members;
DROP TABLE analytics.page_groups;
DROP TYPE analytics.rollup_scope;
DROP TYPE analytics.metric_type;
DROP TYPE analytics.period;
DROP TYPE analytics.tag_source;
DROP TYPE analytics.tag_type;
