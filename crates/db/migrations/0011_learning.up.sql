-- Experiments, weights and what they taught. The key from a decision to its experiment arrives here:
-- learning stands above engagement.
CREATE SCHEMA learning;
COMMENT ON SCHEMA learning IS 'Experiments, weights, causal checks.';
GRANT USAGE ON SCHEMA learning TO rookery_api, rookery_worker;

CREATE TYPE learning.experiment_status AS ENUM ('draft', 'running', 'paused', 'completed', 'cancelled');
CREATE TYPE learning.experiment_metric AS ENUM ('ctr', 'conversion', 'sentiment', 'love');
CREATE TYPE learning.adjustment_action AS ENUM ('adjusted', 'skipped');
CREATE TYPE learning.adjustment_reason AS ENUM ('successful', 'insufficient_sample_size', 'no_improvement', 'negligible_effect', 'locked', 'drift_hold', 'shadow', 'validation_failed');
CREATE TYPE learning.adjustment_type AS ENUM ('weight', 'archetype', 'keyword');
CREATE TYPE learning.segment_type AS ENUM ('global', 'platform', 'time_of_day', 'day_of_week', 'combined');

CREATE TABLE learning.experiments (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    dimension text NOT NULL,
    variant_a jsonb NOT NULL,
    variant_b jsonb NOT NULL,
    metric learning.experiment_metric NOT NULL,
    traffic_split double precision NOT NULL DEFAULT 0.5,
    status learning.experiment_status NOT NULL DEFAULT 'draft',
    start_date timestamptz,
    end_date timestamptz,
    results_json jsonb,
    winner text,
    approved_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT experiments_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT experiments_traffic_split_check CHECK (traffic_split BETWEEN 0 AND 1),
    CONSTRAINT experiments_winner_check CHECK (winner IN ('a', 'b')),
    CONSTRAINT experiments_variants_differ_check CHECK (variant_a <> variant_b),
    CONSTRAINT experiments_dates_check CHECK (end_date IS NULL OR start_date IS NULL OR end_date > start_date),
    CONSTRAINT experiments_started_has_approver_check CHECK (status NOT IN ('running', 'completed') OR (approved_by IS NOT NULL AND start_date IS NOT NULL)),
    CONSTRAINT experiments_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE learning.experiments IS 'A comparison of two variants.';
COMMENT ON COLUMN learning.experiments.id IS 'Its id.';
COMMENT ON COLUMN learning.experiments.organization_id IS 'The organization.';
COMMENT ON COLUMN learning.experiments.name IS 'Name.';
COMMENT ON COLUMN learning.experiments.description IS 'What is asked.';
COMMENT ON COLUMN learning.experiments.dimension IS 'What varies, for example archetype.';
COMMENT ON COLUMN learning.experiments.variant_a IS 'The first variant.';
COMMENT ON COLUMN learning.experiments.variant_b IS 'The second variant.';
COMMENT ON COLUMN learning.experiments.metric IS 'What decides.';
COMMENT ON COLUMN learning.experiments.traffic_split IS 'Share that goes to A before there is data, 0 to 1.';
COMMENT ON COLUMN learning.experiments.status IS 'How far.';
COMMENT ON COLUMN learning.experiments.start_date IS 'Begin.';
COMMENT ON COLUMN learning.experiments.end_date IS 'End.';
COMMENT ON COLUMN learning.experiments.results_json IS 'Arms, intervals, history of the allocation, recommendation.';
COMMENT ON COLUMN learning.experiments.winner IS 'a or b.';
COMMENT ON COLUMN learning.experiments.approved_by IS 'Id of the person who let it start.';
COMMENT ON COLUMN learning.experiments.created_at IS 'When the row was made.';
COMMENT ON COLUMN learning.experiments.updated_at IS 'When the row last changed.';
ALTER TABLE learning.experiments ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning.experiments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.experiments
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_experiments_status ON learning.experiments (organization_id, status);

CREATE TABLE learning.segmented_weights (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    segment_type learning.segment_type NOT NULL,
    segment_key text NOT NULL,
    sss_weight double precision NOT NULL DEFAULT 0.40,
    ars_weight double precision NOT NULL DEFAULT 0.25,
    evs_weight double precision NOT NULL DEFAULT 0.20,
    trs_weight double precision NOT NULL DEFAULT 0.15,
    sss_ars_weight double precision NOT NULL DEFAULT 0.05,
    evs_trs_weight double precision NOT NULL DEFAULT 0.03,
    sample_size integer NOT NULL DEFAULT 0,
    performance double precision,
    locked boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT segmented_weights_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT segmented_weights_segment_type_segment_key_key UNIQUE (organization_id, segment_type, segment_key),
    CONSTRAINT segmented_weights_sss_weight_check CHECK (sss_weight >= 0),
    CONSTRAINT segmented_weights_ars_weight_check CHECK (ars_weight >= 0),
    CONSTRAINT segmented_weights_evs_weight_check CHECK (evs_weight >= 0),
    CONSTRAINT segmented_weights_trs_weight_check CHECK (trs_weight >= 0),
    CONSTRAINT segmented_weights_weights_sum_check CHECK (abs(sss_weight + ars_weight + evs_weight + trs_weight - 1) <= 0.001),
    CONSTRAINT segmented_weights_sss_ars_weight_check CHECK (sss_ars_weight >= 0),
    CONSTRAINT segmented_weights_evs_trs_weight_check CHECK (evs_trs_weight >= 0),
    CONSTRAINT segmented_weights_sample_size_check CHECK (sample_size >= 0),
    CONSTRAINT segmented_weights_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE learning.segmented_weights IS 'The weights in force, globally and per segment.';
COMMENT ON COLUMN learning.segmented_weights.id IS 'Its id.';
COMMENT ON COLUMN learning.segmented_weights.organization_id IS 'The organization.';
COMMENT ON COLUMN learning.segmented_weights.segment_type IS 'Kind of segment.';
COMMENT ON COLUMN learning.segmented_weights.segment_key IS 'Which one, for example global, twitter, morning or twitter_morning.';
COMMENT ON COLUMN learning.segmented_weights.sss_weight IS 'Weight of the solution-seeking score.';
COMMENT ON COLUMN learning.segmented_weights.ars_weight IS 'Weight of the author relationship score.';
COMMENT ON COLUMN learning.segmented_weights.evs_weight IS 'Weight of the velocity.';
COMMENT ON COLUMN learning.segmented_weights.trs_weight IS 'Weight of the topic relevance.';
COMMENT ON COLUMN learning.segmented_weights.sss_ars_weight IS 'Weight of the product of solution seeking and relationship.';
COMMENT ON COLUMN learning.segmented_weights.evs_trs_weight IS 'Weight of the product of velocity and relevance.';
COMMENT ON COLUMN learning.segmented_weights.sample_size IS 'On how many outcomes they stand.';
COMMENT ON COLUMN learning.segmented_weights.performance IS 'Mean outcome under these weights.';
COMMENT ON COLUMN learning.segmented_weights.locked IS 'An operator holds them.';
COMMENT ON COLUMN learning.segmented_weights.created_at IS 'When the row was made.';
COMMENT ON COLUMN learning.segmented_weights.updated_at IS 'When the row last changed.';
ALTER TABLE learning.segmented_weights ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning.segmented_weights FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.segmented_weights
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_segmented_weights_updated_at ON learning.segmented_weights (organization_id, updated_at);

CREATE TABLE learning.weight_adjustment_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    date timestamptz NOT NULL DEFAULT now(),
    action learning.adjustment_action NOT NULL,
    reason learning.adjustment_reason,
    segment_type learning.segment_type,
    segment_key text,
    valid_segments integer,
    total_segments integer,
    sample_sizes jsonb,
    old_weights jsonb,
    new_weights jsonb,
    predicted_improvement double precision,
    details_json jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT weight_adjustment_logs_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT weight_adjustment_logs_valid_segments_check CHECK (valid_segments >= 0),
    CONSTRAINT weight_adjustment_logs_total_segments_check CHECK (total_segments >= 0),
    CONSTRAINT weight_adjustment_logs_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE learning.weight_adjustment_logs IS 'What each run of the weight optimization did, and why it did nothing.';
COMMENT ON COLUMN learning.weight_adjustment_logs.id IS 'Its id.';
COMMENT ON COLUMN learning.weight_adjustment_logs.organization_id IS 'The organization.';
COMMENT ON COLUMN learning.weight_adjustment_logs.date IS 'When it ran.';
COMMENT ON COLUMN learning.weight_adjustment_logs.action IS 'Adjusted or skipped.';
COMMENT ON COLUMN learning.weight_adjustment_logs.reason IS 'Why.';
COMMENT ON COLUMN learning.weight_adjustment_logs.segment_type IS 'Kind of segment.';
COMMENT ON COLUMN learning.weight_adjustment_logs.segment_key IS 'Which one.';
COMMENT ON COLUMN learning.weight_adjustment_logs.valid_segments IS 'Segments with enough data.';
COMMENT ON COLUMN learning.weight_adjustment_logs.total_segments IS 'All segments.';
COMMENT ON COLUMN learning.weight_adjustment_logs.sample_sizes IS 'Outcomes per signal.';
COMMENT ON COLUMN learning.weight_adjustment_logs.old_weights IS 'Before.';
COMMENT ON COLUMN learning.weight_adjustment_logs.new_weights IS 'After.';
COMMENT ON COLUMN learning.weight_adjustment_logs.predicted_improvement IS 'Expected gain of the mean outcome.';
COMMENT ON COLUMN learning.weight_adjustment_logs.details_json IS 'Learning rate, p, effect size, interval.';
COMMENT ON COLUMN learning.weight_adjustment_logs.created_at IS 'When the row was made.';
ALTER TABLE learning.weight_adjustment_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning.weight_adjustment_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.weight_adjustment_logs
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_weight_adjustment_logs_date ON learning.weight_adjustment_logs (organization_id, date);
CREATE INDEX idx_weight_adjustment_logs_action ON learning.weight_adjustment_logs (organization_id, action);

CREATE TABLE learning.segmented_weight_versions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    segment_weight_id uuid NOT NULL,
    sss_weight double precision NOT NULL DEFAULT 0.40,
    ars_weight double precision NOT NULL DEFAULT 0.25,
    evs_weight double precision NOT NULL DEFAULT 0.20,
    trs_weight double precision NOT NULL DEFAULT 0.15,
    sss_ars_weight double precision NOT NULL DEFAULT 0.05,
    evs_trs_weight double precision NOT NULL DEFAULT 0.03,
    sample_size integer NOT NULL DEFAULT 0,
    performance double precision,
    valid_from timestamptz NOT NULL DEFAULT now(),
    log_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT segmented_weight_versions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT segmented_weight_versions_segment_weight_id_valid_key UNIQUE (organization_id, segment_weight_id, valid_from),
    CONSTRAINT segmented_weight_versions_sss_weight_check CHECK (sss_weight >= 0),
    CONSTRAINT segmented_weight_versions_ars_weight_check CHECK (ars_weight >= 0),
    CONSTRAINT segmented_weight_versions_evs_weight_check CHECK (evs_weight >= 0),
    CONSTRAINT segmented_weight_versions_trs_weight_check CHECK (trs_weight >= 0),
    CONSTRAINT segmented_weight_versions_weights_sum_check CHECK (abs(sss_weight + ars_weight + evs_weight + trs_weight - 1) <= 0.001),
    CONSTRAINT segmented_weight_versions_sss_ars_weight_check CHECK (sss_ars_weight >= 0),
    CONSTRAINT segmented_weight_versions_evs_trs_weight_check CHECK (evs_trs_weight >= 0),
    CONSTRAINT segmented_weight_versions_sample_size_check CHECK (sample_size >= 0),
    CONSTRAINT segmented_weight_versions_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT segmented_weight_versions_segment_weight_fkey FOREIGN KEY (organization_id, segment_weight_id) REFERENCES learning.segmented_weights (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE learning.segmented_weight_versions IS 'Every version of the weights, kept for ever so that they can be put back.';
COMMENT ON COLUMN learning.segmented_weight_versions.id IS 'Its id.';
COMMENT ON COLUMN learning.segmented_weight_versions.organization_id IS 'The organization.';
COMMENT ON COLUMN learning.segmented_weight_versions.segment_weight_id IS 'The segment.';
COMMENT ON COLUMN learning.segmented_weight_versions.sss_weight IS 'Weight of the solution-seeking score.';
COMMENT ON COLUMN learning.segmented_weight_versions.ars_weight IS 'Weight of the author relationship score.';
COMMENT ON COLUMN learning.segmented_weight_versions.evs_weight IS 'Weight of the velocity.';
COMMENT ON COLUMN learning.segmented_weight_versions.trs_weight IS 'Weight of the topic relevance.';
COMMENT ON COLUMN learning.segmented_weight_versions.sss_ars_weight IS 'Weight of the product of solution seeking and relationship.';
COMMENT ON COLUMN learning.segmented_weight_versions.evs_trs_weight IS 'Weight of the product of velocity and relevance.';
COMMENT ON COLUMN learning.segmented_weight_versions.sample_size IS 'On how many outcomes they stood.';
COMMENT ON COLUMN learning.segmented_weight_versions.performance IS 'Mean outcome under them.';
COMMENT ON COLUMN learning.segmented_weight_versions.valid_from IS 'From when they were in force.';
COMMENT ON COLUMN learning.segmented_weight_versions.log_id IS 'The log entry of the change; no foreign key, logs are kept for twelve months only.';
COMMENT ON COLUMN learning.segmented_weight_versions.created_at IS 'When the row was made.';
ALTER TABLE learning.segmented_weight_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning.segmented_weight_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.segmented_weight_versions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);

CREATE TABLE learning.learning_events (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    date timestamptz NOT NULL DEFAULT now(),
    adjustment_type learning.adjustment_type NOT NULL,
    adjustment jsonb NOT NULL,
    predicted_improvement double precision NOT NULL,
    baseline_performance double precision NOT NULL,
    actual_improvement double precision,
    accuracy double precision,
    evaluated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT learning_events_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT learning_events_accuracy_check CHECK (accuracy BETWEEN 0 AND 1),
    CONSTRAINT learning_events_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE
);
COMMENT ON TABLE learning.learning_events IS 'One adjustment with the gain it promised and the gain it brought.';
COMMENT ON COLUMN learning.learning_events.id IS 'Its id.';
COMMENT ON COLUMN learning.learning_events.organization_id IS 'The organization.';
COMMENT ON COLUMN learning.learning_events.date IS 'When.';
COMMENT ON COLUMN learning.learning_events.adjustment_type IS 'What was adjusted.';
COMMENT ON COLUMN learning.learning_events.adjustment IS 'The adjustment.';
COMMENT ON COLUMN learning.learning_events.predicted_improvement IS 'Expected gain.';
COMMENT ON COLUMN learning.learning_events.baseline_performance IS 'Mean outcome before.';
COMMENT ON COLUMN learning.learning_events.actual_improvement IS 'Measured gain; NULL until evaluated.';
COMMENT ON COLUMN learning.learning_events.accuracy IS 'How close the two were, 0 to 1.';
COMMENT ON COLUMN learning.learning_events.evaluated_at IS 'When it was measured.';
COMMENT ON COLUMN learning.learning_events.created_at IS 'When the row was made.';
ALTER TABLE learning.learning_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning.learning_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.learning_events
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_learning_events_date ON learning.learning_events (organization_id, date);
CREATE INDEX idx_learning_events_evaluated_at ON learning.learning_events (organization_id, evaluated_at);

CREATE TABLE learning.randomized_experiments (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    predicted_mode engagement.operational_mode NOT NULL,
    actual_mode engagement.operational_mode NOT NULL,
    predicted_outcome double precision NOT NULL,
    actual_outcome double precision,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT randomized_experiments_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT randomized_experiments_decision_id_key UNIQUE (organization_id, decision_id),
    CONSTRAINT randomized_experiments_predicted_outcome_check CHECK (predicted_outcome BETWEEN 0 AND 1),
    CONSTRAINT randomized_experiments_actual_outcome_check CHECK (actual_outcome BETWEEN 0 AND 1),
    CONSTRAINT randomized_experiments_organization_fkey FOREIGN KEY (organization_id) REFERENCES identity.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT randomized_experiments_decision_fkey FOREIGN KEY (organization_id, decision_id) REFERENCES engagement.decisions (organization_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE learning.randomized_experiments IS 'Decisions whose mode was drawn at random, to tell cause from coincidence.';
COMMENT ON COLUMN learning.randomized_experiments.id IS 'Its id.';
COMMENT ON COLUMN learning.randomized_experiments.organization_id IS 'The organization.';
COMMENT ON COLUMN learning.randomized_experiments.decision_id IS 'The decision.';
COMMENT ON COLUMN learning.randomized_experiments.predicted_mode IS 'The mode the rules had chosen.';
COMMENT ON COLUMN learning.randomized_experiments.actual_mode IS 'The mode that was drawn.';
COMMENT ON COLUMN learning.randomized_experiments.predicted_outcome IS 'Expected outcome, 0 to 1.';
COMMENT ON COLUMN learning.randomized_experiments.actual_outcome IS 'Measured after seven days.';
COMMENT ON COLUMN learning.randomized_experiments.created_at IS 'When the row was made.';
ALTER TABLE learning.randomized_experiments ENABLE ROW LEVEL SECURITY;
ALTER TABLE learning.randomized_experiments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.randomized_experiments
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid)
    WITH CHECK (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
CREATE INDEX idx_randomized_experiments_created_at ON learning.randomized_experiments (organization_id, created_at);

ALTER TABLE engagement.decisions ADD CONSTRAINT decisions_experiment_fkey FOREIGN KEY (organization_id, experiment_id) REFERENCES learning.experiments (organization_id, id);
GRANT SELECT, INSERT, UPDATE, DELETE ON learning.experiments, learning.segmented_weights, learning.weight_adjustment_logs, learning.segmented_weight_versions, learning.learning_events, learning.randomized_experiments TO rookery_api, rookery_worker;
