//! Knows the sessions that have ended: tokens are checked against the states of accounts that this node knows.
//!
//! A state is read once and then kept. Changes that are made on this node are learned at once; those of other nodes are
//! read every `POLL_EVERY`, by the first request after that. So a token costs a read of the store only at its user's
//! first request.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::actor::OwnerAddr;
use crate::actor::task::ask;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::UserId;
use crate::http::problem::{Code, Problem};
use crate::user::User;
use crate::user::message::AccountState;
use crate::user::message::session::{Ended, FindState, ListEnded, SessionHash};

/// How often the changes of other nodes are read.
const POLL_EVERY: Duration = Duration::from_secs(2);
/// After this time without a reading, a request waits for the next one.
const STALE_AFTER: Duration = Duration::from_secs(4);
/// Longest wait for the database. After that, what was known last counts, so that the status can be read while the
/// database is away.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// How far before the last reading changes are read again: commits that took long, and the clocks of other nodes.
const OVERLAP: Duration = Duration::from_secs(60);
/// States in one generation; two are kept.
const GENERATION_MAX: usize = 20_000;

/// The states of accounts that this node knows, and the sessions that were ended one by one.
#[derive(Default)]
pub struct Sessions {
    known: Mutex<Known>,
    /// Held while the changes are read.
    polling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    recent: HashMap<UserId, AccountState>,
    previous: HashMap<UserId, AccountState>,
    ended: HashMap<SessionHash, Timestamp>,
    tried: Option<Instant>,
    succeeded: Option<Instant>,
    /// When changes were read last, in the time of the shop.
    read: Option<Timestamp>,
}

impl Known {
    fn find(&mut self, user_id: UserId) -> Option<AccountState> {
        if let Some(state) = self.previous.remove(&user_id) {
            self.insert(state);
        }
        self.recent.get(&user_id).copied()
    }

    /// Keeps the newer of two states: an answer may be overtaken by a change.
    fn insert(&mut self, state: AccountState) {
        if self.recent.len() >= GENERATION_MAX {
            self.previous = std::mem::take(&mut self.recent);
        }
        let known = self.recent.entry(state.user_id).or_insert(state);
        if known.token_epoch <= state.token_epoch {
            *known = state;
        }
    }

    fn is_due(&self) -> bool {
        self.tried.is_none_or(|tried| tried.elapsed() >= POLL_EVERY)
    }
}

impl Sessions {
    /// Records the state of an account after a change.
    pub fn learn(&self, state: AccountState) {
        self.known.lock().insert(state);
    }

    /// Records that a session was ended.
    pub fn end(&self, session: SessionHash, expires: Timestamp) {
        self.known.lock().ended.insert(session, expires);
    }

    /// Whether this session was ended by itself.
    #[must_use]
    pub fn has_ended(&self, session: &str) -> bool {
        self.known.lock().ended.contains_key(session)
    }

    /// The state of an account; `None` if the user does not exist.
    ///
    /// # Errors
    /// 503 if the database does not answer, and has not answered before.
    pub async fn state_of(
        self: &Arc<Self>,
        owner: &OwnerAddr<User>,
        clock: &Clock,
        user_id: UserId,
    ) -> Result<Option<AccountState>, Problem> {
        self.poll_if_due(owner, clock).await;
        let known = self.known.lock().find(user_id);
        if known.is_some() {
            return Ok(known);
        }
        let found = ask(owner, FindState { user_id }).await?;
        found.into_iter().for_each(|state| self.learn(state));
        Ok(found)
    }

    /// Checks that an account may be used.
    ///
    /// # Errors
    /// 403 if it is disabled; 503.
    pub async fn expect_enabled(
        self: &Arc<Self>,
        owner: &OwnerAddr<User>,
        clock: &Clock,
        user_id: UserId,
    ) -> Result<(), Problem> {
        let account = self.state_of(owner, clock, user_id).await?;
        match account.and_then(|account| account.disable_time) {
            Some(_) => Err(Problem::with(Code::Forbidden, "The account is disabled")),
            None => Ok(()),
        }
    }

    /// Reads what has changed if the last reading is old. Only if it is too old the request waits for it: requests whose
    /// callers are known are decided at once, before their bodies are.
    async fn poll_if_due(self: &Arc<Self>, owner: &OwnerAddr<User>, clock: &Clock) {
        let is_stale = {
            let mut known = self.known.lock();
            if !known.is_due() {
                return;
            }
            let is_stale = known.succeeded.is_none_or(|succeeded| succeeded.elapsed() >= STALE_AFTER);
            if !is_stale {
                known.tried = Some(Instant::now());
            }
            is_stale
        };
        if is_stale {
            let _turn = self.polling.lock().await;
            if self.known.lock().is_due() {
                self.poll(owner, clock).await;
            }
        } else {
            let (sessions, owner, clock) = (Arc::clone(self), owner.clone(), clock.clone());
            actix_web::rt::spawn(async move { sessions.poll(&owner, &clock).await });
        }
    }

    async fn poll(&self, owner: &OwnerAddr<User>, clock: &Clock) {
        let (read, now) = (self.known.lock().read, clock.now());
        let since = read.map_or(Timestamp(0), |read| read.minus(OVERLAP));
        // At first no state is known that could be wrong.
        let list = ListEnded { accounts_since: read.map_or(now, |_| since), sessions_since: since };
        let answer = tokio::time::timeout(ANSWER_WITHIN, ask(owner, list)).await;
        let mut known = self.known.lock();
        known.tried = Some(Instant::now());
        match answer {
            Ok(Ok(Ended { accounts, sessions })) => {
                (known.read, known.succeeded) = (Some(now), Some(Instant::now()));
                accounts.into_iter().for_each(|state| known.insert(state));
                known.ended.extend(sessions);
                known.ended.retain(|_, expires| *expires >= now);
            }
            Ok(Err(_)) | Err(_) => tracing::debug!("what other nodes have changed about sessions could not be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::status::Role;

    fn state(user_id: i64, epoch: i64) -> AccountState {
        let (user_id, token_epoch) = (UserId::new(user_id), Timestamp(epoch));
        let (role_by, disable_time, second_factor_time) = (None, None, None);
        AccountState { user_id, user_role: Role::Customer, role_by, disable_time, token_epoch, second_factor_time }
    }

    #[test]
    fn an_answer_that_a_change_has_overtaken_does_not_bring_ended_sessions_back() {
        let mut known = Known::default();
        known.insert(state(1, 7));
        known.insert(state(1, 0));
        assert_eq!(known.find(UserId::new(1)), Some(state(1, 7)));
    }

    #[test]
    fn the_states_of_users_who_come_again_are_kept() {
        let mut known = Known::default();
        known.insert(state(1, 7));
        for n in 0..60_000 {
            known.insert(state(100 + n, 0));
            if n % 10_000 == 0 {
                assert_eq!(known.find(UserId::new(1)), Some(state(1, 7)));
            }
        }
        assert!(known.recent.len() + known.previous.len() <= 2 * GENERATION_MAX);
    }
}
