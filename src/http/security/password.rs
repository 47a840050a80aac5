//! Password hashes: argon2id, with a limit on concurrent hashes so that a flood of sign-ins does not slow down orders.

use std::sync::Arc;

use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::domain::text::Password;
use crate::http::problem::{Code, Problem};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Requests that may wait, per hash that may run: `session.hashing_max` times this.
const WAITING_PER_RUNNING: usize = 8;

/// Hashes and verifies passwords.
pub struct Passwords {
    /// Permits of requests that wait or run.
    queued: Arc<Semaphore>,
    /// Permits of hashes that run.
    running: Arc<Semaphore>,
    /// Verified in place of the hash of an unknown user, so that the response takes the same time.
    dummy: String,
}

impl Passwords {
    /// Runs at most `hashing_max` hashes at once. Computes one hash immediately.
    ///
    /// # Errors
    /// Fails if the system provides no random bytes.
    pub fn new(hashing_max: usize) -> Result<Self, Error> {
        Ok(Self {
            queued: Arc::new(Semaphore::new(hashing_max.saturating_mul(WAITING_PER_RUNNING + 1))),
            running: Arc::new(Semaphore::new(hashing_max)),
            dummy: hash(b"no user has this password")?,
        })
    }

    /// The argon2id hash of a password, in PHC form.
    ///
    /// # Errors
    /// 503 if too many requests wait.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        self.run(move || hash(password.expose().as_bytes())).await
    }

    /// Whether `hash` is the hash of `password`. `None`, for an unknown user, takes the same time and never matches.
    ///
    /// # Errors
    /// 503 if too many requests wait.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Problem> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        let matches = self.run(move || match argon2()?.verify_password(password.expose().as_bytes(), hash.as_str()) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        });
        Ok(matches.await? && exists)
    }

    /// Runs `work` on a blocking thread. The permits move into it: a client that disconnects does not free them early.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::new(Code::Busy);
        let queue_permit = Arc::clone(&self.queued).try_acquire_owned().map_err(|_| busy())?;
        let run_permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        let hashing = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((queue_permit, run_permit));
            result
        });
        match hashing.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(internal_error(&error)),
            Err(error) => Err(internal_error(&error)),
        }
    }
}

fn internal_error(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "password not hashed");
    Problem::new(Code::Internal)
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, Error> {
    Ok(argon2()?.hash_password(password)?.to_string())
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
}
