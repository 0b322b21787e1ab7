//! The server's settings, given on its command line so that a new version of Rookery brings its own.

use std::path::Path;
use std::process::Command;

const MB: u64 = 1024 * 1024;

/// Settings for a machine with so much memory (in bytes).
pub fn settings(memory: u64, socket_dir: &Path, durable: bool) -> Vec<(&'static str, String)> {
    let megabytes = |bytes: u64| format!("{}MB", bytes / MB);
    // Rookery shares the machine with whatever else runs there: an eighth, and never more than a gigabyte.
    let shared = (memory / 8).clamp(64 * MB, 1024 * MB);
    let maintenance = (memory / 32).clamp(32 * MB, 256 * MB);
    let mut all = vec![
        ("listen_addresses", String::new()),
        ("unix_socket_directories", socket_dir.display().to_string()),
        ("unix_socket_permissions", "0700".to_owned()),
        ("max_connections", "100".to_owned()),
        ("shared_buffers", megabytes(shared)),
        ("effective_cache_size", megabytes((memory / 2).max(256 * MB))),
        ("maintenance_work_mem", megabytes(maintenance)),
        ("work_mem", "8MB".to_owned()),
        // Small statements by the thousand: compiling them costs more than running them.
        ("jit", "off".to_owned()),
        // Solid-state disks.
        ("random_page_cost", "1.1".to_owned()),
        ("wal_compression", "on".to_owned()),
        ("max_wal_size", "1GB".to_owned()),
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("lc_messages", "C".to_owned()),
        ("log_checkpoints", "off".to_owned()),
        ("log_line_prefix", "%m [%p] %q%a ".to_owned()),
        ("log_min_duration_statement", "2s".to_owned()),
        // A crashed backend brings the server back by itself.
        ("restart_after_crash", "on".to_owned()),
    ];
    if !durable {
        all.extend([
            ("fsync", "off".to_owned()),
            ("synchronous_commit", "off".to_owned()),
            ("full_page_writes", "off".to_owned()),
            ("autovacuum", "off".to_owned()),
            ("wal_compression", "off".to_owned()),
            ("checkpoint_timeout", "1h".to_owned()),
            ("max_connections", "400".to_owned()),
        ]);
    }
    all
}

/// The machine's memory in bytes; 2 GB if it does not say.
pub fn memory() -> u64 {
    from_meminfo(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default())
        .or_else(from_sysctl)
        .unwrap_or(2048 * MB)
}

fn from_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

fn from_sysctl() -> Option<u64> {
    let output = Command::new("sysctl").args(["-n", "hw.memsize"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shared_in_reason() {
        let shared = |gigabytes: u64| {
            let all = settings(gigabytes * 1024 * MB, Path::new("/run"), true);
            all.into_iter().find(|(name, _)| *name == "shared_buffers").map(|(_, value)| value)
        };
        assert_eq!(shared(1).as_deref(), Some("128MB"));
        assert_eq!(shared(4).as_deref(), Some("512MB"));
        assert_eq!(shared(64).as_deref(), Some("1024MB"));
        assert_eq!(from_meminfo("MemTotal:       2048 kB\nMemFree: 1 kB"), Some(2 * MB));
        assert_eq!(from_meminfo("nonsense"), None);
    }
}
