//! The token between the preview of an act and its execution. It has the act itself, is sealed for one session, and has an
//! idempotency key: executing it twice is one act.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::language::ENGLISH;
use super::session::Session;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IdempotencyKey;
use crate::http::problem::{Code, Problem};
use crate::http::state::State;

/// How long a preview can be executed.
const VALID_FOR: Duration = Duration::from_secs(3600);

/// The content of a token.
#[derive(Serialize, Deserialize)]
struct Token<A> {
    act: A,
    key: Uuid,
    until: i64,
}

/// A token to execute `act` in this session, once, within an hour.
///
/// # Errors
/// 500 if the act cannot be serialised, which is a bug.
pub fn seal<A: Serialize>(state: &State, session: &Session, act: &A) -> Result<String, Problem> {
    let until = state.clock.now().plus(VALID_FOR).0;
    let token = Token { act, key: Uuid::now_v7(), until };
    let text = serde_json::to_string(&token).map_err(|_| Problem::new(Code::Internal))?;
    Ok(state.seals.seal(&session.mark, &text))
}

/// The act in a token of this session, and the idempotency key to execute it under.
///
/// # Errors
/// 403 if the token is of another session, was changed or is too old.
pub fn open<A: DeserializeOwned>(
    state: &State,
    session: &Session,
    token: &str,
) -> Result<(A, IdempotencyKey), Problem> {
    let reasons = &ENGLISH.failure.reasons;
    let refused = || Problem::with(Code::Forbidden, reasons.other_session);
    let text = state.seals.open(&session.mark, token).ok_or_else(refused)?;
    let Token { act, key, until } = serde_json::from_str(&text).map_err(|_| refused())?;
    if state.clock.now() > Timestamp(until) {
        return Err(Problem::with(Code::Forbidden, reasons.too_old));
    }
    let key = IdempotencyKey::try_from(key.to_string().as_bytes()).map_err(|_| refused())?;
    Ok((act, key))
}
