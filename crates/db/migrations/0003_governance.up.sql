-- The audit log (tenant part by month, instance part apart), requests that may be repeated, and
-- the function that makes partitions ahead.
CREATE TABLE governance.audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    organization_id uuid NOT NULL,
    actor_user_id uuid,
    actor_kind text NOT NULL DEFAULT 'system',
    action text NOT NULL,
    resource text NOT NULL,
    resource_id text,
    changes jsonb NOT NULL DEFAULT '{}',
    ip_address inet,
    user_agent text,
    request_id uuid,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (organization_id, id, occurred_at)
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE governance.audit_logs IS 'Who changed what; append-only for every run-time role.';
COMMENT ON COLUMN governance.audit_logs.id IS 'Order of writing.';
COMMENT ON COLUMN governance.audit_logs.occurred_at IS 'When.';
COMMENT ON COLUMN governance.audit_logs.organization_id IS 'The tenant; no foreign key, the log outlives the organization.';
COMMENT ON COLUMN governance.audit_logs.actor_user_id IS 'The person; no foreign key, the log outlives the person.';
COMMENT ON COLUMN governance.audit_logs.actor_kind IS 'user, api_key, worker, system, migration.';
COMMENT ON COLUMN governance.audit_logs.action IS 'insert, update, delete, denied, login, export …';
COMMENT ON COLUMN governance.audit_logs.resource IS 'schema.table or endpoint.';
COMMENT ON COLUMN governance.audit_logs.resource_id IS 'Which one.';
COMMENT ON COLUMN governance.audit_logs.changes IS 'column → [old, new]; secret columns appear only as "changed".';
COMMENT ON COLUMN governance.audit_logs.ip_address IS 'From where.';
COMMENT ON COLUMN governance.audit_logs.user_agent IS 'With what.';
COMMENT ON COLUMN governance.audit_logs.request_id IS 'Under which request.';
ALTER TABLE governance.audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance.audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON governance.audit_logs
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE governance.audit_logs_default PARTITION OF governance.audit_logs DEFAULT;
CREATE INDEX idx_audit_org_time ON governance.audit_logs (organization_id, occurred_at DESC);
CREATE INDEX idx_audit_resource ON governance.audit_logs (resource, resource_id, occurred_at DESC);
CREATE INDEX idx_audit_actor ON governance.audit_logs (actor_user_id, occurred_at DESC);

CREATE TABLE governance.instance_audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT instance_audit_logs_pkey PRIMARY KEY,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor_user_id uuid,
    actor_kind text NOT NULL DEFAULT 'system',
    action text NOT NULL,
    resource text NOT NULL,
    resource_id text,
    changes jsonb NOT NULL DEFAULT '{}',
    ip_address inet,
    user_agent text,
    request_id uuid
);
COMMENT ON TABLE governance.instance_audit_logs IS 'What happens outside any organization: sign-ins, people, settings of the instance.';
COMMENT ON COLUMN governance.instance_audit_logs.id IS 'Order of writing.';
COMMENT ON COLUMN governance.instance_audit_logs.occurred_at IS 'When.';
COMMENT ON COLUMN governance.instance_audit_logs.actor_user_id IS 'The person.';
COMMENT ON COLUMN governance.instance_audit_logs.actor_kind IS 'user, api_key, worker, system, migration.';
COMMENT ON COLUMN governance.instance_audit_logs.action IS 'insert, update, delete, denied, login …';
COMMENT ON COLUMN governance.instance_audit_logs.resource IS 'schema.table or endpoint.';
COMMENT ON COLUMN governance.instance_audit_logs.resource_id IS 'Which one.';
COMMENT ON COLUMN governance.instance_audit_logs.changes IS 'column → [old, new]; secret columns appear only as "changed".';
COMMENT ON COLUMN governance.instance_audit_logs.ip_address IS 'From where.';
COMMENT ON COLUMN governance.instance_audit_logs.user_agent IS 'With what.';
COMMENT ON COLUMN governance.instance_audit_logs.request_id IS 'Under which request.';

CREATE INDEX idx_instance_audit_time ON governance.instance_audit_logs (occurred_at DESC);

CREATE TABLE governance.idempotent_requests (
    organization_id uuid NOT NULL CONSTRAINT idempotent_requests_org_fkey REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    key text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    request_hash bytea NOT NULL,
    response_status integer,
    response_body jsonb,
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotent_requests_pkey PRIMARY KEY (organization_id, key)
);
COMMENT ON TABLE governance.idempotent_requests IS 'The first answer to a request that a client may repeat; rows live 24 hours.';
COMMENT ON COLUMN governance.idempotent_requests.organization_id IS 'The organization.';
COMMENT ON COLUMN governance.idempotent_requests.key IS 'Value of the Idempotency-Key header.';
COMMENT ON COLUMN governance.idempotent_requests.method IS 'HTTP method.';
COMMENT ON COLUMN governance.idempotent_requests.path IS 'Path.';
COMMENT ON COLUMN governance.idempotent_requests.request_hash IS 'SHA-256 of the body; the same key with another body is refused.';
COMMENT ON COLUMN governance.idempotent_requests.response_status IS 'NULL while running.';
COMMENT ON COLUMN governance.idempotent_requests.response_body IS 'The answer.';
COMMENT ON COLUMN governance.idempotent_requests.created_by IS 'Who sent it.';
COMMENT ON COLUMN governance.idempotent_requests.created_at IS 'When it came.';
ALTER TABLE governance.idempotent_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE governance.idempotent_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON governance.idempotent_requests
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE INDEX idx_idempotent_created ON governance.idempotent_requests (created_at);

CREATE TABLE governance.partitioned_tables (
    schema_name text NOT NULL,
    table_name text NOT NULL,
    partition_key text NOT NULL,
    CONSTRAINT partitioned_tables_pkey PRIMARY KEY (schema_name, table_name)
);
COMMENT ON TABLE governance.partitioned_tables IS 'Tables whose monthly partitions are made ahead.';
COMMENT ON COLUMN governance.partitioned_tables.schema_name IS 'Schema.';
COMMENT ON COLUMN governance.partitioned_tables.table_name IS 'Table.';
COMMENT ON COLUMN governance.partitioned_tables.partition_key IS 'The column.';

INSERT INTO governance.partitioned_tables VALUES ('governance', 'audit_logs', 'occurred_at');

-- SECURITY DEFINER: only the owner may make tables. It reads no tenant rows, it makes empty tables.
-- pg_temp stands last: unnamed it is searched first, and a caller's own pg_temp.date would run as the owner.
-- The zone is fixed: bounds of a timestamptz key would else be cut at the caller's midnight.
CREATE FUNCTION governance.ensure_partitions(from_month date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    parent record;
    month date;
    part text;
    made integer := 0;
BEGIN
    IF months NOT BETWEEN 1 AND 600 THEN
        RAISE EXCEPTION 'months must be 1 to 600, not %', months USING ERRCODE = '22023';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('governance.ensure_partitions'));
    FOR parent IN SELECT schema_name, table_name FROM governance.partitioned_tables LOOP
        FOR n IN 0 .. months - 1 LOOP
            month := (date_trunc('month', from_month) + make_interval(months => n))::date;
            part := format('%s_%s', parent.table_name, to_char(month, 'YYYY_MM'));
            IF to_regclass(format('%I.%I', parent.schema_name, part)) IS NULL THEN
                BEGIN
                    EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.%I FOR VALUES FROM (%L) TO (%L)',
                        parent.schema_name, part, parent.schema_name, parent.table_name,
                        month, (month + interval '1 month')::date);
                    made := made + 1;
                EXCEPTION WHEN check_violation THEN
                    -- Rows of that month wait in the default partition; the partition alarm tells.
                    RAISE WARNING 'partition % not made: its rows are in the default partition', part;
                END;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION governance.ensure_partitions(date, integer) IS 'Makes missing monthly partitions; returns how many.';
REVOKE EXECUTE ON FUNCTION governance.ensure_partitions(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance.ensure_partitions(date, integer) TO rookery_api, rookery_worker;

GRANT SELECT, INSERT ON governance.audit_logs, governance.instance_audit_logs TO rookery_api, rookery_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON governance.idempotent_requests TO rookery_api, rookery_worker;
GRANT SELECT ON governance.partitioned_tables TO rookery_api, rookery_worker;
