-- Leases due jobs of one queue, first by priority, then by time; counts the attempt.
-- The inner query walks idx_jobs_claim, which holds nothing but jobs that wait now. The array keeps the update on
-- the primary key whatever the statistics say about a table whose size changes by the second.
update jobs.jobs j
set state = 'running', attempt = j.attempt + 1, lease_owner = $3, lease_expires_at = $5,
    started_at = $4, updated_at = $4
where j.id = any (array(
    select d.id from jobs.jobs d
    where d.queue = $1 and d.state = 'queued' and d.run_at <= $4 and d.kind = any ($2)
      and exists (select from jobs.queues q where q.name = $1 and not q.paused)
    order by d.priority, d.run_at, d.id
    limit $6
    for update skip locked))
returning j.id as "id!: JobId", j.kind, j.organization_id as "organization: OrganizationId", j.payload,
          j.attempt, j.max_attempts, j.backoff_base_ms, j.request_id, j.priority, j.run_at
