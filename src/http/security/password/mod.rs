//! Password hashes: argon2id, with a limit on concurrent hashes so that a flood of sign-ins does not slow down orders.

pub mod hash;
pub mod rule;
mod worker;

use std::sync::Arc;

use anyhow::Result;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use self::worker::{WorkArea, Workers};
use crate::domain::text::Password;
use crate::http::problem::{Code, Problem};

/// Requests that may wait, per hash that may run: `session.hashing_max` times this.
const WAITING_PER_RUNNING: usize = 8;

/// Hashes and verifies passwords.
pub struct Passwords {
    /// Permits of requests that wait or run.
    queued: Arc<Semaphore>,
    /// Permits of those that run.
    running: Arc<Semaphore>,
    /// As many threads as hashes may run at once.
    workers: Workers,
    /// Verified in place of the hash of an unknown user, so that the response takes the same time.
    dummy: String,
}

impl Passwords {
    /// Runs at most `hashing_max` hashes at once. Computes one hash immediately.
    ///
    /// # Errors
    /// Fails if the system starts no threads.
    pub fn new(hashing_max: usize) -> Result<Self> {
        let dummy = hash::hash(b"no user has this password", &mut WorkArea::default())?;
        Ok(Self {
            queued: Arc::new(Semaphore::new(hashing_max.saturating_mul(WAITING_PER_RUNNING + 1))),
            running: Arc::new(Semaphore::new(hashing_max)),
            workers: Workers::start(hashing_max)?,
            dummy,
        })
    }

    /// Waits for the turn to compute one hash. Work that belongs to a hash, such as counting an attempt, is done in the
    /// turn: requests that are refused as busy cost nothing else, and those that wait do not send all of that work at once.
    ///
    /// # Errors
    /// 503 if too many requests wait.
    pub async fn turn(&self) -> Result<Turn<'_>, Problem> {
        let queued = Arc::clone(&self.queued).try_acquire_owned().map_err(|_| Problem::new(Code::Busy))?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|error| internal_error(&error))?;
        Ok(Turn { passwords: self, permits: [queued, running] })
    }

    /// The argon2id hash of a password, in PHC form.
    ///
    /// # Errors
    /// 503 if too many requests wait.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        self.turn().await?.run(move |area| hash::hash(password.expose().as_bytes(), area)).await
    }

    /// Verifies a password in a turn of its own. See [`Turn::verify`].
    ///
    /// # Errors
    /// 503 if too many requests wait.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Problem> {
        self.turn().await?.verify(password, hash).await
    }
}

/// The right to compute one hash. It ends with the hash, or when it is dropped.
pub struct Turn<'a> {
    passwords: &'a Passwords,
    permits: [OwnedSemaphorePermit; 2],
}

impl Turn<'_> {
    /// Whether `hash` is the hash of `password`. `None`, for an unknown user, takes the same time and never matches.
    ///
    /// # Errors
    /// 500 if `hash` is no argon2 hash, which is a bug.
    pub async fn verify(self, password: Password, hash: Option<String>) -> Result<bool, Problem> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.passwords.dummy.clone());
        let matches = self.run(move |area| hash::verify(password.expose().as_bytes(), &hash, area));
        Ok(matches.await? && exists)
    }

    /// Runs `work` on a thread for hashes. The permits move into it: a client that disconnects does not free them early.
    /// Work is not begun if its result is not awaited any more.
    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut WorkArea) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let Self { passwords, permits } = self;
        let (answer, answered) = oneshot::channel();
        passwords.workers.submit(Box::new(move |area| {
            if !answer.is_closed() {
                // The client may have left meanwhile.
                let _ = answer.send(work(area));
            }
            drop(permits);
        }));
        match answered.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(internal_error(&error)),
            Err(error) => Err(internal_error(&error)),
        }
    }
}

fn internal_error(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "password not hashed");
    Problem::new(Code::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        text.to_owned().try_into().unwrap()
    }

    #[actix_web::test]
    async fn a_hash_is_argon2id_and_matches_only_its_password() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("wrong horse"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("no user has this password"), None).await.unwrap());
    }

    #[actix_web::test]
    async fn requests_beyond_the_queue_are_refused_as_busy() {
        let passwords = Passwords::new(1).unwrap();
        let flood = (0..12).map(|_| passwords.verify(password("correct horse"), None));
        let outcomes = futures_util::future::join_all(flood).await;
        let busy = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(|p| p.code == Code::Busy)).count();
        assert_eq!(busy, 12 - (WAITING_PER_RUNNING + 1));
    }

    #[actix_web::test]
    async fn only_a_hash_of_other_parameters_is_outdated() {
        let passwords = Passwords::new(1).unwrap();
        let current = passwords.hash(password("correct horse")).await.unwrap();
        assert!(!hash::is_outdated(&current));
        assert!(hash::is_outdated(&current.replace("m=19456,t=2", "m=9728,t=2")) && hash::is_outdated("junk"));
        assert!(hash::is_outdated(&current.replace("t=2", "t=1")));
    }
}
