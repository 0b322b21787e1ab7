-- How the transaction of a claim begins. After a burst the statistics say that nothing waits, and the planner would
-- read and sort everything that does for each claim; with these settings it has no way but to walk idx_jobs_claim.
begin;
set local enable_seqscan = off;
set local enable_bitmapscan = off;
set local enable_sort = off
