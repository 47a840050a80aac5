//! Properties of the machine, and the resource usage of processes.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Number of cores, shared by server, database and generator.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The type of the file system of `folder`. It determines the cost of a commit.
pub fn file_system(folder: &Path) -> String {
    let output = Command::new("stat").args(["-f", "-c", "%T"]).arg(folder).output();
    let kind = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if kind.is_empty() { "an unknown file system".to_owned() } else { kind }
}

/// Resident memory of the process `pid`, in KiB; `None` if the process has ended.
pub fn memory(pid: u32) -> Option<u64> {
    status(pid, "VmRSS:")
}

/// Peak resident memory of the process `pid`, in KiB; `None` if the process has ended.
pub fn memory_peak(pid: u32) -> Option<u64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Limit of open files of this process and of those it starts; 1024 if it is unlimited or unknown.
pub fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limit =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    limit.unwrap_or(1024)
}

/// Processor time of this process, user and system.
pub fn cpu_time() -> Duration {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The process name before the bracket may contain blanks. Fields 12 and 13 after it are user and system time.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: f64 = fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(ticks / TICKS_A_SECOND)
}
