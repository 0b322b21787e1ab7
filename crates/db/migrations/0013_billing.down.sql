-- Plans and usage go.
DROP TABLE billing.events;
DROP TABLE billing.usage_records;
DROP TABLE billing.usage;
DROP TABLE billing.subscriptions;
DROP TABLE billing.plans;
DROP TYPE billing.event_type;
DROP TYPE billing.usage_metric;
DROP TYPE billing.subscription_status;
DROP SCHEMA billing;
