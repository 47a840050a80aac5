//! Whether a database server has fewer connections than the pools of this process would like. The pools then keep no idle
//! connections, because one owner's idle connection is what another owner waits for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::target::Target;

/// How long idle connections are given back after the server has refused one.
const LASTS: Duration = Duration::from_secs(60);

/// By server, the time and the words of its last refusal.
static REFUSED: Mutex<BTreeMap<String, (Instant, String)>> = Mutex::new(BTreeMap::new());

/// Records that the server of `target` refused a connection, because it has too many.
pub fn record(target: &Target, reason: &str) {
    if let Some(server) = server(target) {
        REFUSED.lock().insert(server.to_owned(), (Instant::now(), reason.to_owned()));
    }
}

/// The words in which the server of `target` refused a connection a short time ago; `None` if it did not.
pub fn reason(target: &Target) -> Option<String> {
    let refused = REFUSED.lock();
    let (at, reason) = refused.get(server(target)?)?;
    (at.elapsed() < LASTS).then(|| reason.clone())
}

/// Whether the server of `target` refused a connection a short time ago. Never for a file.
pub fn is_scarce(target: &Target) -> bool {
    reason(target).is_some()
}

fn server(target: &Target) -> Option<&str> {
    match target {
        Target::Sqlite(_) => None,
        Target::Postgres { url, .. } => Some(url),
        Target::Mysql { server, .. } => Some(server),
    }
}
