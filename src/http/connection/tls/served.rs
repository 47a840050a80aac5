//! The certificate in use. Its files are looked at while the server runs, so a renewed certificate needs no restart.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::{self, Files, Loaded, Unusable};
use crate::domain::clock::{Clock, Timestamp};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A certificate that is valid for less time should have been renewed.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Pause between two warnings of it.
const WARN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The identity, size and time of a file; `None` if it cannot be found.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// The stamps of the files at earlier looks.
#[derive(Debug, Default)]
struct Seen {
    /// When they were read.
    read: [Stamp; 2],
    /// When they were looked at last.
    last: [Stamp; 2],
}

/// The certificate in use, with its files.
#[derive(Debug)]
pub struct Served {
    files: Files,
    current: RwLock<Loaded>,
    seen: Mutex<Seen>,
    warned: Mutex<Option<Timestamp>>,
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().key))
    }
}

impl Served {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn new(files: Files) -> Result<Self, Unusable> {
        let stamps = stamps(&files);
        let current = RwLock::new(certificate::load(&files)?);
        Ok(Self { files, current, seen: Mutex::new(Seen { read: stamps, last: stamps }), warned: Mutex::default() })
    }

    /// The end of the time for which the certificate in use is valid.
    #[must_use]
    pub fn valid_until(&self) -> Timestamp {
        self.current.read().valid_until
    }

    /// Reads the files again. If they cannot be used, the certificate stays.
    pub fn reload(&self) {
        self.seen.lock().read = stamps(&self.files);
        match certificate::load(&self.files) {
            Ok(loaded) => {
                tracing::info!(valid_until = %loaded.valid_until, "the certificate of http.tls was read again");
                *self.current.write() = loaded;
                *self.warned.lock() = None;
            }
            Err(error) => tracing::warn!("the certificate of http.tls was not replaced: {error}"),
        }
    }

    /// Reads the files again if they have changed, and are the same at two looks: the second of them may not be written
    /// yet at the first.
    fn reload_if_changed(&self) {
        let now = stamps(&self.files);
        let mut seen = self.seen.lock();
        let is_due = now != seen.read && now == seen.last;
        seen.last = now;
        drop(seen);
        if is_due {
            self.reload();
        }
    }

    /// Warns once a day of a certificate that is not valid, or not for long.
    fn warn_of_end(&self, now: Timestamp) {
        let (from, until) = {
            let current = self.current.read();
            (current.valid_from, current.valid_until)
        };
        let mut warned = self.warned.lock();
        if (from <= now && now.plus(SOON) < until) || warned.is_some_and(|warned| now < warned.plus(WARN_EVERY)) {
            return;
        }
        *warned = Some(now);
        let file = self.files.certificate.display();
        if until <= now {
            tracing::warn!("the certificate in {file} expired at {until}: clients refuse it. Renew it");
        } else if now < from {
            tracing::warn!("the certificate in {file} is valid only from {from}: clients refuse it");
        } else {
            let days = until.since(now).as_secs() / (24 * 60 * 60);
            tracing::warn!("the certificate in {file} expires in {days} days, at {until}: renew it");
        }
    }

    /// Looks at the files and at the time as long as the certificate is in use. Must be called inside an actix system.
    pub fn watch(self: &Arc<Self>, clock: Clock) {
        let served: Weak<Self> = Arc::downgrade(self);
        actix_web::rt::spawn(async move {
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                let Some(served) = served.upgrade() else { return };
                let now = clock.now();
                let look = move || {
                    served.reload_if_changed();
                    served.warn_of_end(now);
                };
                let _ = actix_web::rt::task::spawn_blocking(look).await;
            }
        });
    }
}

fn stamps(files: &Files) -> [Stamp; 2] {
    [stamp(&files.certificate), stamp(&files.key)]
}

fn stamp(path: &Path) -> Stamp {
    let metadata = path.metadata().ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}
