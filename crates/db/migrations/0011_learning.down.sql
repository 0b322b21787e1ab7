-- Weights and experiments go; decisions forget theirs.
ALTER TABLE engagement.decisions DROP CONSTRAINT decisions_experiment_fkey;
DROP TABLE learning.randomized_experiments;
DROP TABLE learning.learning_events;
DROP TABLE learning.segmented_weight_versions;
DROP TABLE learning.weight_adjustment_logs;
DROP TABLE learning.segmented_weights;
DROP TABLE learning.experiments;
DROP TYPE learning.segment_type;
DROP TYPE learning.adjustment_type;
DROP TYPE learning.adjustment_reason;
DROP TYPE learning.adjustment_action;
DROP TYPE learning.experiment_metric;
DROP TYPE learning.experiment_status;
DROP SCHEMA learning;
