-- The queue goes; unfinished work goes with it.
DROP TABLE jobs.workers;
DROP TABLE jobs.outbox;
DROP TABLE jobs.timetables;
DROP TABLE jobs.job_runs;
DROP TABLE jobs.jobs;
DROP TABLE jobs.queues;
DROP TYPE jobs.job_state;
