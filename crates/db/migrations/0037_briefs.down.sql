ALTER TABLE analytics.alerts DROP CONSTRAINT alerts_closed_check;
ALTER TABLE analytics.alerts DROP COLUMN closed_because;
COMMENT ON COLUMN analytics.alerts.resolved_at IS 'When the figure was found recovered; NULL while it is not.';
DROP TABLE analytics.recommendations;
DROP TABLE analytics.daily_briefs;
