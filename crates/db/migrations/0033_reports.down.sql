DROP TABLE analytics.report_link_directory;
DROP TABLE analytics.report_links;
DROP TABLE analytics.report_runs;
DROP TABLE analytics.report_schedules;
