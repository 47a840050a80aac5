//! API keys of the shop's own servers, and the customers for whom they act.

use std::time::Duration;

use actix::Message;
use serde::Serialize;

use crate::actor::Reply;
use crate::domain::api_key::{KeyName, Reference, Scopes};
use crate::domain::clock::Timestamp;
use crate::domain::id::{ApiKeyId, UserId};
use crate::journal::{KeyReused, Performed, Request};

/// An API key as lists show it: a row of `api_key` without the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// Id of the key.
    pub api_key_id: ApiKeyId,
    /// Name of the server. Keys with the same name act for the same customers.
    pub name: KeyName,
    /// Beginning of the key, by which people recognise it.
    pub prefix: String,
    /// Routes that the key may call.
    pub scopes: Scopes,
    /// Time of creation.
    pub create_time: Timestamp,
    /// Time since which the key is refused; `None` if it is valid.
    pub revoke_time: Option<Timestamp>,
    /// Time of the last use, exact to the hour; `None` if it was never used.
    pub use_time: Option<Timestamp>,
}

/// Creates a key. A request that is repeated under its idempotency key creates nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Performed<ApiKey>, KeyReused>>")]
pub struct CreateApiKey {
    /// Id of the new key.
    pub api_key_id: ApiKeyId,
    /// Name of the server.
    pub name: KeyName,
    /// Beginning of the key; unique.
    pub prefix: String,
    /// SHA-256 of the key, as 64 hexadecimal digits.
    pub hash: String,
    /// Routes that the key may call.
    pub scopes: Scopes,
    /// The administrator's request.
    pub request: Request,
}

/// Revokes a key, which is refused from then on. Idempotent. `None` if there is no such key.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<ApiKey>>")]
pub struct RevokeApiKey {
    /// Id of the key.
    pub api_key_id: ApiKeyId,
    /// The administrator's request.
    pub request: Request,
}

/// Reads one page of keys, newest first, with those that are revoked. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ApiKey>>")]
pub struct ListApiKeys {
    /// Last key of the previous page; only older keys are returned. `None` for the first page.
    pub before: Option<ApiKeyId>,
    /// Maximum number of keys.
    pub limit: i64,
}

/// Finds a key by its beginning, and the customer for whom it is used. `None` if there is no such key. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<FoundKey>>")]
pub struct FindApiKey {
    /// Beginning of the key.
    pub prefix: String,
    /// Reference of the customer, if the request has one.
    pub reference: Option<Reference>,
}

/// Outcome of a [`FindApiKey`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    /// The key.
    pub key: ApiKey,
    /// SHA-256 of the whole key, as 64 hexadecimal digits.
    pub hash: String,
    /// Account of the customer; `None` without a reference, or before its first use.
    pub customer: Option<UserId>,
}

/// How exact the time of the last use of a key is.
pub const USE_EXACT_TO: Duration = Duration::from_secs(3600);

/// Records that a key was used, unless a use was recorded within [`USE_EXACT_TO`].
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<()>")]
pub struct RecordUse {
    /// Id of the key.
    pub api_key_id: ApiKeyId,
}

/// Finds the account of a customer of the shop's own servers, or opens it. It has no password. Idempotent per name and
/// reference. The outcome is the id of the account.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<UserId>")]
pub struct OpenAccount {
    /// Id of the new account; ignored if there is one.
    pub user_id: UserId,
    /// Name of the key.
    pub name: KeyName,
    /// Reference of the customer.
    pub reference: Reference,
}

/// Finds the name and the reference by which servers know a user. `None` if the user is not one of their customers.
/// Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<KnownAs>>")]
pub struct FindReference {
    /// Id of the user.
    pub user_id: UserId,
}

/// The name by which the shop's own servers know a customer: a row of `user_reference`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownAs {
    /// Name of the keys.
    pub key_name: String,
    /// Reference of the customer.
    pub reference: String,
}
