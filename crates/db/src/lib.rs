//! PostgreSQL: pools, the organization transaction, the embedded server, migrations.
