DROP TABLE analytics.alerts;
DROP TABLE analytics.alert_rules;
