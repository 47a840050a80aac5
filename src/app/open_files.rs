//! The limit of open files. Each connection takes one, and many systems start processes with a limit of 1,024.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Settings;

/// Files besides connections of clients: databases, logs, sockets of platforms, and the runtime's own.
const RESERVE: u64 = 256;

/// The number of files that this process may open after [`raise_limit`].
pub fn allowed() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// The number of files that this process may open now.
pub fn now_allowed() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// The number of connections that each of `servers` servers may have: `wanted`, or fewer if the system does not allow as
/// many open files. A server without a free file could not even refuse a connection.
pub fn connections(wanted: usize, servers: usize) -> usize {
    let free = now_allowed().saturating_sub(RESERVE);
    let each = usize::try_from(free).unwrap_or(usize::MAX).checked_div(servers.max(1)).unwrap_or_default();
    // A part is for the connections that are kept for callbacks and administrators.
    wanted.min(each.saturating_sub(each / 10)).max(1)
}

/// The number of files that a server with these settings may need.
pub fn wanted(settings: &Settings) -> u64 {
    u64::from(settings.http.connections_max.get()).saturating_add(RESERVE)
}

/// Raises the limit of open files as far as the system allows. Warns if that is too low for the settings.
pub fn raise_limit(settings: &Settings) {
    let limit = getrlimit(Resource::Nofile);
    // `None` means that there is no limit.
    let Some(hard) = limit.maximum else { return };
    if limit.current.is_some_and(|soft| soft < hard) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(hard), maximum: Some(hard) });
        if let Err(error) = raised {
            tracing::debug!(%error, "cannot raise the limit of open files");
        }
    }
    let allowed = now_allowed();
    let wanted = wanted(settings);
    if allowed < wanted {
        tracing::warn!(
            "this process may open {allowed} files, and http.connections_max = {} needs about {wanted}: {} connections will \
             be open at most; raise the limit (ulimit -n, or LimitNOFILE= of systemd), or lower the setting",
            settings.http.connections_max.get(),
            connections(settings.http.connections_max.size(), 1)
        );
    }
}
