//! Ends an administrator's tokens when the password changes: a token carries a mark of the password it was issued under.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::actor::{Link, OwnerActor};
use crate::domain::id::UserId;
use crate::http::problem::{Code, Problem};
use crate::user::User;
use crate::user::message::FindPasswordHash;

/// Longest wait for the database. After that, the password that was current last time counts, so that the status can be
/// read while the database is away.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Identifies a password hash without revealing it: the start of its SHA-256. A new hash of the same password has another
/// mark, because its salt differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PasswordMark(u64);

impl PasswordMark {
    /// The mark in tokens of customers, whose sessions no password ends.
    pub const NONE: Self = Self(0);

    /// Whether this is [`Self::NONE`].
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0 == 0
    }

    /// The mark of a password hash in PHC string format.
    #[must_use]
    pub fn of(password_hash: &str) -> Self {
        let digest = digest(&SHA256, password_hash.as_bytes());
        // 48 bits, because JSON numbers are exact up to 53.
        Self(digest.as_ref().iter().take(6).fold(0, |mark, byte| mark << 8 | u64::from(*byte)))
    }
}

/// The marks of the administrators' passwords, as they were when the database last answered.
#[derive(Debug, Default)]
pub struct AdminPasswords {
    known: Mutex<HashMap<UserId, PasswordMark>>,
}

impl AdminPasswords {
    /// Records the current password of an administrator.
    pub fn learn(&self, user_id: UserId, mark: PasswordMark) {
        self.known.lock().insert(user_id, mark);
    }

    /// Whether `mark` is that of the administrator's current password, which `owner` is asked for.
    ///
    /// # Errors
    /// 503 if the database does not answer and has not answered before.
    pub async fn is_current(
        &self,
        owner: &Link<OwnerActor<User>>,
        user_id: UserId,
        mark: PasswordMark,
    ) -> Result<bool, Problem> {
        let found = tokio::time::timeout(ANSWER_WITHIN, ask(owner, FindPasswordHash { user_id })).await;
        let current = match found {
            Ok(Ok(Some(hash))) => {
                let current = PasswordMark::of(&hash);
                self.learn(user_id, current);
                Some(current)
            }
            Ok(Ok(None)) => return Ok(false),
            Ok(Err(_)) | Err(_) => self.known.lock().get(&user_id).copied(),
        };
        current.map(|current| current == mark).ok_or_else(|| Problem::new(Code::Busy))
    }
}
