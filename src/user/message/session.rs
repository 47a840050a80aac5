//! Signing in, ending sessions, and the changes of accounts that end them.

use std::net::IpAddr;

use actix::Message;

use super::{AccountState, Credential, User};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::domain::text::{Reason, UserName};
use crate::journal::Request;

/// Counts an attempt to sign in before the password is verified, so that attempts at the same time are all counted.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Attempt>")]
pub struct BeginSignIn {
    /// The name that was entered. It need not be a user's: names that do not exist are treated alike.
    pub user_name: UserName,
    /// Address of the client.
    pub source: Option<IpAddr>,
}

/// Outcome of a [`BeginSignIn`].
#[derive(Clone)]
pub enum Attempt {
    /// The password may be verified; with the credential of the user, if there is one.
    Allowed(Option<Credential>),
    /// Too many attempts have failed. The next is allowed at this moment.
    Refused(Timestamp),
}

/// How an attempt ended that is not a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The password was right.
    Succeeded,
    /// The sign-in was not decided, for example because the one-time code is missing.
    NotVerified,
}

/// Takes back the count of an attempt that did not fail.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndSignIn {
    /// The name that was entered.
    pub user_name: UserName,
    /// Address of the client.
    pub source: Option<IpAddr>,
    /// How the attempt ended.
    pub end: AttemptEnd,
}

/// Ends one access token. Idempotent.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct EndSession {
    /// The user of the token.
    pub user_id: UserId,
    /// The token.
    pub session: SessionHash,
    /// When the token expires.
    pub expire_time: Timestamp,
}

/// The first half of the SHA-256 of an access token, as 32 hexadecimal digits.
pub type SessionHash = String;

/// Ends all access tokens of a user. `None` if the user does not exist.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<AccountState>>")]
pub struct EndSessions {
    /// Id of the user.
    pub user_id: UserId,
}

/// Finds the state of an account. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<AccountState>>")]
pub struct FindState {
    /// Id of the user.
    pub user_id: UserId,
}

/// Lists the accounts whose sessions were ended, and the single sessions that were ended, since some moment. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Ended>")]
pub struct ListEnded {
    /// Accounts that changed at this moment or later.
    pub accounts_since: Timestamp,
    /// Sessions that were ended at this moment or later, and have not expired.
    pub sessions_since: Timestamp,
}

/// Outcome of a [`ListEnded`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The accounts, as they are now.
    pub accounts: Vec<AccountState>,
    /// The sessions, with the moments at which they expire.
    pub sessions: Vec<(SessionHash, Timestamp)>,
}

/// A change of an account by an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// Gives the user another role.
    Role(Role),
    /// The user may not sign in any more.
    Disable,
    /// The user may sign in again.
    Enable,
    /// Ends the user's sessions, and nothing else.
    SignOut,
    /// Removes the second factor, so that the password alone is enough.
    RemoveSecondFactor,
}

/// Changes an account in the name of an administrator, and ends the sessions of its user. A change that is in effect
/// already changes nothing. `None` if the user does not exist.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<(User, AccountState)>>")]
pub struct ChangeAccount {
    /// Id of the user.
    pub user_id: UserId,
    /// The change.
    pub change: AccountChange,
    /// Reason for the change, for operators. Administrators give none for what they do to their own accounts.
    pub reason: Option<Reason>,
    /// The administrator's request.
    pub request: Request,
}
