//! Password hashes: argon2id, on few threads, so that a flood of sign-ins does not slow orders down.

use std::sync::Arc;

use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::domain::text::Password;
use crate::http::problem::{Code, Problem};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// So many times `session.hashing_max` may wait.
const WAITING: usize = 8;

/// Hashes and verifies passwords.
pub struct Passwords {
    /// Those that wait or run.
    permits: Arc<Semaphore>,
    /// Those that run.
    running: Arc<Semaphore>,
    /// Verified where there is no such user, so that it takes as long.
    dummy: String,
}

impl Passwords {
    /// At most `hashing_max` hashes at once; computes one now.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn new(hashing_max: usize) -> Result<Self, Error> {
        Ok(Self {
            permits: Arc::new(Semaphore::new(hashing_max.saturating_mul(WAITING + 1))),
            running: Arc::new(Semaphore::new(hashing_max)),
            dummy: hash(b"nobody has this password")?,
        })
    }

    /// The argon2id hash of a password, in PHC form.
    ///
    /// # Errors
    /// 503 where too many wait.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        self.run(move || hash(password.expose().as_bytes())).await
    }

    /// Whether `hash` is of this password. `None`, for a user who does not exist, takes as long and is never right.
    ///
    /// # Errors
    /// 503 where too many wait.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Problem> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        let same = self.run(move || match argon2()?.verify_password(password.expose().as_bytes(), hash.as_str()) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        });
        Ok(same.await? && exists)
    }

    /// The permits go along with the work: a client that hangs up does not make room.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::new(Code::Busy);
        let place = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((place, turn));
            done
        });
        match done.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(failed(&error)),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn failed(error: &dyn std::error::Error) -> Problem {
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
    async fn a_hash_is_argon2id_of_its_password_alone() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(password("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("wrong horse"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("nobody has this password"), None).await.unwrap());
    }

    #[actix_web::test]
    async fn too_many_at_once_are_busy() {
        let passwords = Passwords::new(1).unwrap();
        let flood = (0..12).map(|_| passwords.verify(password("correct horse"), None));
        let outcomes = futures_util::future::join_all(flood).await;
        let busy = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(|p| p.code == Code::Busy)).count();
        assert_eq!(busy, 12 - (WAITING + 1));
    }
}
