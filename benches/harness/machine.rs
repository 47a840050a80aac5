//! The machine, and what a process takes of it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The cores that everything shares: server, database, generator.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The kind of file system the data are on: what a commit costs is its doing.
pub fn file_system(folder: &Path) -> String {
    let output = Command::new("stat").args(["-f", "-c", "%T"]).arg(folder).output();
    let kind = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if kind.is_empty() { "an unknown file system".to_owned() } else { kind }
}

/// The memory a process has now, in KiB, as far as it can still be asked.
pub fn memory(pid: u32) -> Option<u64> {
    status(pid, "VmRSS:")
}

/// The most memory a process has had, in KiB.
pub fn memory_peak(pid: u32) -> Option<u64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The files this process, and those it starts, may have open.
pub fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limit =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    limit.unwrap_or(1024)
}

/// The time the processor has worked for this process.
pub fn cpu_time() -> Duration {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name before the bracket may hold blanks; the 12th and 13th field after it are ours and the system's share.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: f64 = fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(ticks / TICKS_A_SECOND)
}
