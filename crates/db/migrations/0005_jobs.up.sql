-- The durable queue and the timetable. Local tables: the queue serves all organizations and holds
-- ids only, never content. Future jobs have a state of their own, so that they cost the claim nothing.
CREATE TYPE jobs.job_state AS ENUM ('scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled');

CREATE TABLE jobs.queues (
    name text CONSTRAINT queues_pkey PRIMARY KEY,
    concurrency integer NOT NULL DEFAULT 5,
    default_priority smallint NOT NULL DEFAULT 3,
    max_attempts integer NOT NULL DEFAULT 3,
    backoff_base_ms integer NOT NULL DEFAULT 2000,
    backoff_cap_ms integer NOT NULL DEFAULT 3600000,
    timeout_seconds integer NOT NULL DEFAULT 300,
    lease_seconds integer NOT NULL DEFAULT 60,
    keep_completed integer NOT NULL DEFAULT 10,
    keep_failed integer NOT NULL DEFAULT 50,
    completed_ttl interval NOT NULL DEFAULT '24 hours',
    failed_ttl interval NOT NULL DEFAULT '7 days',
    paused boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT queues_numbers_check CHECK (concurrency > 0 AND max_attempts > 0 AND timeout_seconds > 0 AND lease_seconds > 0)
);
COMMENT ON TABLE jobs.queues IS 'A queue and its numbers.';
COMMENT ON COLUMN jobs.queues.name IS 'Its name.';
COMMENT ON COLUMN jobs.queues.concurrency IS 'Jobs at once per worker process.';
COMMENT ON COLUMN jobs.queues.default_priority IS '1 is first.';
COMMENT ON COLUMN jobs.queues.max_attempts IS 'Tries.';
COMMENT ON COLUMN jobs.queues.backoff_base_ms IS 'Delay after the first failed try.';
COMMENT ON COLUMN jobs.queues.backoff_cap_ms IS 'Longest delay.';
COMMENT ON COLUMN jobs.queues.timeout_seconds IS 'Longest run.';
COMMENT ON COLUMN jobs.queues.lease_seconds IS 'Life of a claim without heartbeat.';
COMMENT ON COLUMN jobs.queues.keep_completed IS 'Newest completed jobs kept at once.';
COMMENT ON COLUMN jobs.queues.keep_failed IS 'Newest failed jobs kept at once.';
COMMENT ON COLUMN jobs.queues.completed_ttl IS 'Life of completed jobs.';
COMMENT ON COLUMN jobs.queues.failed_ttl IS 'Life of failed jobs.';
COMMENT ON COLUMN jobs.queues.paused IS 'Nothing is claimed.';
COMMENT ON COLUMN jobs.queues.updated_at IS 'When it was last changed.';

INSERT INTO jobs.queues (name, default_priority, concurrency, max_attempts, backoff_base_ms, timeout_seconds) VALUES
    ('content-generation', 1, 3, 3, 2000, 180),
    ('publishing', 2, 10, 3, 2000, 1500),
    ('analytics', 3, 5, 3, 2000, 300),
    ('strategy-generation', 1, 2, 2, 2000, 300),
    ('email', 4, 10, 5, 2000, 60),
    ('system', 3, 4, 5, 5000, 3600);

CREATE TABLE jobs.jobs (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT jobs_pkey PRIMARY KEY,
    queue text NOT NULL CONSTRAINT jobs_queue_fkey REFERENCES jobs.queues (name) ON DELETE RESTRICT,
    kind text NOT NULL,
    organization_id uuid,
    payload jsonb NOT NULL DEFAULT '{}',
    priority smallint NOT NULL,
    state jobs.job_state NOT NULL DEFAULT 'queued',
    run_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    backoff_base_ms integer,
    progress smallint NOT NULL DEFAULT 0,
    dedupe_key text,
    lease_owner text,
    lease_expires_at timestamptz,
    lost_count smallint NOT NULL DEFAULT 0,
    error_class text,
    error_message text,
    result jsonb,
    created_by uuid,
    request_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT jobs_progress_check CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT jobs_lease_check CHECK (state <> 'running' OR lease_expires_at IS NOT NULL),
    CONSTRAINT jobs_payload_check CHECK (pg_column_size(payload) <= 16384)
);
COMMENT ON TABLE jobs.jobs IS 'A piece of background work.';
COMMENT ON COLUMN jobs.jobs.id IS 'The job.';
COMMENT ON COLUMN jobs.jobs.queue IS 'Its queue.';
COMMENT ON COLUMN jobs.jobs.kind IS 'Names the handler.';
COMMENT ON COLUMN jobs.jobs.organization_id IS 'For whom; NULL is instance work. No foreign key: a local table cannot reference a tenant table.';
COMMENT ON COLUMN jobs.jobs.payload IS 'Ids only, never secrets or content.';
COMMENT ON COLUMN jobs.jobs.priority IS 'Smaller is first, inside its queue.';
COMMENT ON COLUMN jobs.jobs.state IS 'Where it stands.';
COMMENT ON COLUMN jobs.jobs.run_at IS 'Not before this.';
COMMENT ON COLUMN jobs.jobs.attempt IS 'Tries so far, counted at the claim.';
COMMENT ON COLUMN jobs.jobs.max_attempts IS 'Tries allowed.';
COMMENT ON COLUMN jobs.jobs.backoff_base_ms IS 'Overrides the queue''s first delay.';
COMMENT ON COLUMN jobs.jobs.progress IS '0 to 100.';
COMMENT ON COLUMN jobs.jobs.dedupe_key IS 'At most one live job per queue and key.';
COMMENT ON COLUMN jobs.jobs.lease_owner IS 'Which worker holds it.';
COMMENT ON COLUMN jobs.jobs.lease_expires_at IS 'Until when, without heartbeat.';
COMMENT ON COLUMN jobs.jobs.lost_count IS 'Leases lost in a row; the second one fails the job as stalled.';
COMMENT ON COLUMN jobs.jobs.error_class IS 'Class of the newest failure.';
COMMENT ON COLUMN jobs.jobs.error_message IS 'The newest failure in words, without secrets.';
COMMENT ON COLUMN jobs.jobs.result IS 'A small result.';
COMMENT ON COLUMN jobs.jobs.created_by IS 'Who caused it.';
COMMENT ON COLUMN jobs.jobs.request_id IS 'Under which request.';
COMMENT ON COLUMN jobs.jobs.created_at IS 'When the row was made.';
COMMENT ON COLUMN jobs.jobs.started_at IS 'Start of the newest try.';
COMMENT ON COLUMN jobs.jobs.finished_at IS 'When it ended.';
COMMENT ON COLUMN jobs.jobs.updated_at IS 'When it was last changed.';

-- A hot table of small rows: leave room for updates in place and vacuum early.
ALTER TABLE jobs.jobs SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX idx_jobs_claim ON jobs.jobs (queue, priority, run_at, id) WHERE state = 'queued';
CREATE INDEX idx_jobs_scheduled ON jobs.jobs (run_at, id) WHERE state = 'scheduled';
CREATE INDEX idx_jobs_lease ON jobs.jobs (lease_expires_at) WHERE state = 'running';
CREATE UNIQUE INDEX idx_jobs_dedupe ON jobs.jobs (queue, dedupe_key) WHERE dedupe_key IS NOT NULL AND state IN ('scheduled', 'queued', 'running');
CREATE INDEX idx_jobs_org ON jobs.jobs (organization_id, created_at DESC);
CREATE INDEX idx_jobs_finished ON jobs.jobs (queue, state, finished_at DESC) WHERE state IN ('succeeded', 'failed', 'cancelled');

CREATE TABLE jobs.job_runs (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT job_runs_pkey PRIMARY KEY,
    job_id uuid NOT NULL CONSTRAINT job_runs_job_fkey REFERENCES jobs.jobs (id) ON DELETE CASCADE,
    attempt integer NOT NULL,
    worker text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    outcome text,
    error_class text,
    error_message text
);
COMMENT ON TABLE jobs.job_runs IS 'One try of a job.';
COMMENT ON COLUMN jobs.job_runs.id IS 'Order of writing.';
COMMENT ON COLUMN jobs.job_runs.job_id IS 'The job.';
COMMENT ON COLUMN jobs.job_runs.attempt IS 'Which try.';
COMMENT ON COLUMN jobs.job_runs.worker IS 'Who ran it.';
COMMENT ON COLUMN jobs.job_runs.started_at IS 'When it began.';
COMMENT ON COLUMN jobs.job_runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN jobs.job_runs.outcome IS 'succeeded, failed, lost, released …';
COMMENT ON COLUMN jobs.job_runs.error_class IS 'Class of the failure.';
COMMENT ON COLUMN jobs.job_runs.error_message IS 'The failure in words.';

CREATE INDEX idx_job_runs_job ON jobs.job_runs (job_id, attempt);

CREATE TABLE jobs.timetables (
    name text CONSTRAINT timetables_pkey PRIMARY KEY,
    cron text NOT NULL,
    timezone text NOT NULL DEFAULT 'UTC',
    queue text NOT NULL CONSTRAINT timetables_queue_fkey REFERENCES jobs.queues (name) ON DELETE RESTRICT,
    kind text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    jitter_seconds integer NOT NULL DEFAULT 0,
    enabled boolean NOT NULL DEFAULT true,
    last_run_at timestamptz,
    next_run_at timestamptz
);
COMMENT ON TABLE jobs.timetables IS 'What starts when; the entries come from code.';
COMMENT ON COLUMN jobs.timetables.name IS 'The entry.';
COMMENT ON COLUMN jobs.timetables.cron IS 'Five fields.';
COMMENT ON COLUMN jobs.timetables.timezone IS 'IANA zone the fields are read in.';
COMMENT ON COLUMN jobs.timetables.queue IS 'Where the job goes.';
COMMENT ON COLUMN jobs.timetables.kind IS 'Which job.';
COMMENT ON COLUMN jobs.timetables.payload IS 'Its payload.';
COMMENT ON COLUMN jobs.timetables.jitter_seconds IS 'Random delay, at most.';
COMMENT ON COLUMN jobs.timetables.enabled IS 'Whether it fires.';
COMMENT ON COLUMN jobs.timetables.last_run_at IS 'When it last fired.';
COMMENT ON COLUMN jobs.timetables.next_run_at IS 'When it fires next.';

CREATE TABLE jobs.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
    organization_id uuid,
    topic text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    attempts integer NOT NULL DEFAULT 0
);
COMMENT ON TABLE jobs.outbox IS 'Events for webhooks and notifications, written in the transaction that caused them.';
COMMENT ON COLUMN jobs.outbox.id IS 'Order of writing.';
COMMENT ON COLUMN jobs.outbox.organization_id IS 'For whom.';
COMMENT ON COLUMN jobs.outbox.topic IS 'Such as publication.failed.';
COMMENT ON COLUMN jobs.outbox.payload IS 'The event.';
COMMENT ON COLUMN jobs.outbox.created_at IS 'When it happened.';
COMMENT ON COLUMN jobs.outbox.delivered_at IS 'When it was handed on.';
COMMENT ON COLUMN jobs.outbox.attempts IS 'Tries so far.';

CREATE INDEX idx_outbox_pending ON jobs.outbox (id) WHERE delivered_at IS NULL;

CREATE TABLE jobs.workers (
    name text CONSTRAINT workers_pkey PRIMARY KEY,
    roles text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    last_claim_at timestamptz
);
COMMENT ON TABLE jobs.workers IS 'Worker processes that report.';
COMMENT ON COLUMN jobs.workers.name IS 'The process.';
COMMENT ON COLUMN jobs.workers.roles IS 'Which queues it serves.';
COMMENT ON COLUMN jobs.workers.started_at IS 'When it began.';
COMMENT ON COLUMN jobs.workers.last_seen_at IS 'Newest heartbeat.';
COMMENT ON COLUMN jobs.workers.last_claim_at IS 'Newest claim that the database answered.';

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO rookery_api, rookery_worker;
