-- The audit log goes with its history: a down is for development, never for a database in use.
DROP FUNCTION governance.ensure_partitions(date, integer);
DROP TABLE governance.partitioned_tables;
DROP TABLE governance.idempotent_requests;
DROP TABLE governance.instance_audit_logs;
DROP TABLE governance.audit_logs;
