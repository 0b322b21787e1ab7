DROP TABLE analytics.annotations;
