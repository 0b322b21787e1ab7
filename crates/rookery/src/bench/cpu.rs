//! Processor time of this process and the database's.

use sqlx::PgConnection;

use super::ingest_queries;

/// Seconds used so far by this process and the server's that live now; `None` where the system has no /proc.
pub(super) async fn used(owner: &mut PgConnection) -> Result<Option<f64>, sqlx::Error> {
    let server = ingest_queries::server_processes(owner).await?;
    let of_server = server.into_iter().filter_map(|pid| ticks(&pid.to_string()));
    let ticks = ticks("self").map(|own| own + of_server.sum::<u64>());
    Ok(ticks.map(|ticks| ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Clock ticks of a process, in its own code and in the kernel's (proc(5): fields 14 and 15).
fn ticks(pid: &str) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may contain anything; what follows its last bracket begins with field 3.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}
