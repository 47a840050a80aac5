//! The variables by which a service manager, such as systemd, says how it wants to be notified.

use std::ffi::OsString;
use std::time::Duration;

/// A service manager that waits for notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceManager {
    /// Address of its datagram socket: a path, or `@` and an abstract name.
    pub socket: OsString,
    /// Time after which it restarts this process if it was not notified; `None` if it does not watch.
    pub watchdog: Option<Duration>,
}

/// Reads `NOTIFY_SOCKET`, and `WATCHDOG_USEC` unless `WATCHDOG_PID` is another process. `None` if no service manager
/// waits.
#[must_use]
pub fn read() -> Option<ServiceManager> {
    let socket = std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty())?;
    let number = |name: &str| std::env::var_os(name)?.into_string().ok()?.parse::<u64>().ok();
    let is_meant =
        std::env::var_os("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(u64::from(std::process::id()));
    let watchdog = number("WATCHDOG_USEC").filter(|micros| *micros > 0 && is_meant).map(Duration::from_micros);
    Some(ServiceManager { socket, watchdog })
}
